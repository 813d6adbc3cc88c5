package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.quantization.CodeLayout;
import io.github.swscan.architecture.quantization.CodedTensors;
import io.github.swscan.architecture.quantization.OnlineBitNet;
import io.github.swscan.architecture.quantization.PlainShapes;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.input.InputException;
import java.util.List;
import java.util.Optional;

/** The weights that a checkpoint holds as codes, by what config.json or a file beside it says of them. */
public final class QuantizedWeights {

    private QuantizedWeights() {}

    /**
     * The same checkpoint with the weights that its codes stand for, in the shapes that layouts decode them in.
     *
     * @throws InputException if codes, scales or what is said of them do not fit, or are of a kind that is not supported
     */
    public static Checkpoint decoded(Config config, Checkpoint stored) {
        return said(config, stored)
                .map(tensors -> CodeLayout.decoded(method(tensors), tensors))
                .map(decoded -> named(config, decoded))
                .orElse(stored);
    }

    /** Under the names of the family's checkpoints: libraries may use those that the modules have in transformers. */
    private static Checkpoint named(Config config, Checkpoint decoded) {
        String family = config.options().path("model_type").asText();
        JsonNode modules =
                Families.names().contains(family) ? Descriptions.of(family).path("modules") : MissingNode.getInstance();
        return modules.isEmpty()
                ? decoded
                : decoded.renamed(new TensorNames(modules, 1, List.of(".weight", ".bias"))::familyNames);
    }

    /**
     * The same with what the model alone tells: the shapes of its weights, and which plain ones are rounded when they are
     * multiplied.
     *
     * @param decoded what {@link #decoded} gave
     * @throws InputException as there
     */
    public static Checkpoint shaped(Config config, Architecture architecture, Checkpoint decoded) {
        Checkpoint shaped = PlainShapes.of(architecture, decoded);
        return said(config, shaped)
                .filter(tensors -> method(tensors).equals("bitnet"))
                .flatMap(OnlineBitNet::of)
                .map(online -> online.rounded(architecture))
                .orElse(shaped);
    }

    private static Optional<CodedTensors> said(Config config, Checkpoint checkpoint) {
        return QuantizationReader.said(config).stream()
                .findFirst()
                .map(said -> new CodedTensors(said.file(), said.option(), said.options(), checkpoint));
    }

    private static String method(CodedTensors tensors) {
        return QuantizationReader.method(tensors.options());
    }
}
