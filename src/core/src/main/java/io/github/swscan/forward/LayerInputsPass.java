package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import io.github.swscan.architecture.Activation;
import io.github.swscan.architecture.Embedding;
import io.github.swscan.architecture.LayerInputs;
import io.github.swscan.engine.Operations;
import java.util.Optional;
import java.util.stream.IntStream;

/** What blocks read of tokens beside the residual stream; {@link LayerInputs} has the equations. */
final class LayerInputsPass {

    private final Embedding embedding;
    private final Compute compute;
    private final Operations operations;
    private final Sequences sequences;
    private Optional<NDArray> ofTokens = Optional.empty();

    LayerInputsPass(Embedding embedding, Compute compute, Sequences sequences) {
        this.embedding = embedding;
        this.compute = compute;
        this.operations = compute.operations();
        this.sequences = sequences;
    }

    /** Computes what there is for all tokens, which outlives the blocks; to be called outside of scopes. */
    void prepare() {
        if (ofTokens.isEmpty()) {
            ofTokens = embedding.layerInputs().map(inputs -> Scoped.result(() -> ofTokens(inputs)));
            ofTokens.ifPresent(array -> NDScope.unregister(new NDList(array)));
        }
    }

    /** For every token of all sequences [tokens, layers, size] float32. */
    private NDArray ofTokens(LayerInputs inputs) {
        int[] ids = IntStream.range(0, sequences.count())
                .flatMap(sequence -> IntStream.range(0, sequences.tokens(sequence))
                        .map(token -> embedding.row(sequences.id(sequence, token))))
                .toArray();
        NDArray e = operations.multiplyByNumber(
                compute.weights().lookUp(embedding.tokens(), ids), embedding.scale()); // [tokens, hidden]
        NDArray projected = operations.multiplyByNumber(
                operations.toFloat32(compute.linear()
                        .apply(inputs.projection(), compute.norm().toPrecision(e))),
                inputs.projectionScale());
        NDArray normed =
                compute.norm().apply(inputs.norm(), projected.reshape(ids.length, inputs.layers(), inputs.size()));
        int[] known = IntStream.of(ids).map(id -> id < inputs.rows() ? id : 0).toArray();
        NDArray looked =
                compute.weights().lookUp(inputs.table(), known).reshape(ids.length, inputs.layers(), inputs.size());
        NDArray sum = operations.add(normed, operations.multiplyByNumber(looked, inputs.tableScale()));
        return operations.multiplyByNumber(sum, inputs.scale());
    }

    /** What a block reads of its inputs at h, to be added: [rows, hidden] float32 -> the same. */
    NDArray read(int layer, LayerInputs.Reading reading, NDArray h, Rows rows) {
        NDArray own = operations
                .slice(ofTokens.orElseThrow(), 1, layer, layer + 1L)
                .reshape(ofTokens.orElseThrow().getShape().get(0), -1); // [tokens, size]
        NDArray input =
                operations.selectRows(own, compute.weights().array(rows.layout().tokenIndexes())); // [rows, size]
        NDArray gate = operations.toFloat32(activate(
                reading.activation(),
                compute.linear().apply(reading.gate(), compute.norm().toPrecision(h), rows)));
        NDArray product = compute.norm().toPrecision(operations.multiply(gate, input));
        NDArray projected = operations.toFloat32(compute.linear().apply(reading.projection(), product, rows));
        return compute.norm().apply(reading.norm(), projected);
    }

    private NDArray activate(Activation activation, NDArray x) {
        NDArray[] learned =
                activation.learned().stream().map(compute.weights()::vector).toArray(NDArray[]::new);
        return operations.activate(activation.function().operation(), x, learned);
    }
}
