package io.github.swscan.architecture.quantization;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.quantized.PartedCodes;
import io.github.swscan.checkpoint.quantized.TransposedCodes;
import io.github.swscan.checkpoint.tensor.Codes;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The shapes that decoded weights have in a model. Layouts decode a row for each output, or just the numbers of a matrix one
 * after the other; that a plain tensor has a row for each input, or how many columns, the model alone tells.
 */
public final class PlainShapes {

    private PlainShapes() {}

    /** The same checkpoint with decoded weights in the shapes that a model reads. What does not fit stays as it is. */
    public static Checkpoint of(Architecture architecture, Checkpoint decoded) {
        List<TensorInfo> changed = new ArrayList<>();
        Stream.concat(byInput(architecture, decoded), embedding(architecture, decoded))
                .map(PlainShapes::transposed)
                .forEach(changed::add);
        Parameters.of(architecture).forEach((name, shape) -> decoded.find(name)
                .filter(tensor -> tensor.codes().stream().anyMatch(PartedCodes.class::isInstance))
                .filter(tensor -> tensor.elements() == shape.stream().reduce(1L, Math::multiplyExact))
                .map(tensor -> TensorInfo.decoded(name, shape, tensor.codes().orElseThrow()))
                .ifPresent(changed::add));
        return changed.isEmpty() ? decoded : decoded.with(changed);
    }

    private static Stream<TensorInfo> byInput(Architecture architecture, Checkpoint decoded) {
        return architecture.blocks().stream()
                .flatMap(block -> block.linears())
                .filter(linear -> linear.layout() == Linear.Layout.INPUT_BY_OUTPUT)
                .map(Linear::weight)
                .distinct()
                .flatMap(name -> decoded.find(name).stream())
                .filter(tensor -> tensor.codes().isPresent());
    }

    /** gptqmodel takes the vocabulary for the inputs of an embedding. */
    private static Stream<TensorInfo> embedding(Architecture architecture, Checkpoint decoded) {
        List<Long> byChannel = List.of((long) architecture.embedding().size(), (long)
                architecture.embedding().vocabularySize());
        return decoded.find(architecture.embedding().tokens()).stream()
                .filter(table -> table.codes().map(Codes::method).equals(Optional.of("GPTQ")))
                .filter(table -> table.shape().equals(byChannel));
    }

    private static TensorInfo transposed(TensorInfo tensor) {
        List<Long> shape = new ArrayList<>(tensor.shape());
        int last = shape.size() - 1;
        long outputs = shape.get(last - 1);
        long inputs = shape.get(last);
        shape.set(last - 1, inputs);
        shape.set(last, outputs);
        return TensorInfo.decoded(
                tensor.name(), shape, new TransposedCodes(tensor.codes().orElseThrow(), (int) outputs, (int) inputs));
    }
}
