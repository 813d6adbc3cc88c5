package io.github.swscan.architecture;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lightning attention (Qin et al., arXiv 2405.17381; MiniMax-01, arXiv 2501.08313): linear attention whose
 * memory of earlier tokens fades, y = output(sigmoid(gate(x)) · norm(o)). A head's o at token t is the sum over the
 * tokens s up to t of exp(-slope (t - s)) (q[t]·k[s]) v[s], computed block by block: within a block the products of all
 * pairs, between blocks one matrix that has taken in all blocks before.
 *
 * @param blockSize tokens of a block; where decays follow from the slopes, blocks of any size give the same
 * @param queryKeyValue to the queries, keys and values of one head after the other
 * @param activation applied to queries, keys and values
 * @param slopes how fast each head forgets
 * @param decays the tensors of decay factors, where the checkpoint has its own; empty: they follow from the slopes
 * @param norm over all heads together
 */
public record LightningAttention(
        int heads,
        int headSize,
        int blockSize,
        Linear queryKeyValue,
        Activation activation,
        Slopes slopes,
        Optional<Decays> decays,
        Norm norm,
        Linear gate,
        Linear output)
        implements TokenMixer {

    /**
     * Slopes that fall from head to head as in attention with linear biases, and from layer to layer.
     *
     * @param heads how many heads there are
     * @param factor what the slopes are multiplied by in this layer
     */
    public record Slopes(int heads, double factor) {

        public static Slopes of(int heads, int layer, int layers) {
            return new Slopes(heads, 1 - layer / (layers - 1 + 1e-5) + 1e-5);
        }

        /** The slope of a head, counted from 0. */
        public double slope(int head) {
            return Math.pow(2, -8.0 * (head + 1) / heads) * factor;
        }
    }

    /**
     * The tensors of decay factors that a checkpoint holds.
     *
     * @param slope what a head forgets with in a whole block of n tokens: exp(-slope n) [heads, 1, 1]
     * @param query what a block's queries are multiplied by before they meet the earlier blocks [heads, block, 1]
     * @param key what a block's keys are multiplied by before later blocks meet them; the last of them are for a block
     *     that is shorter [heads, block, 1]
     * @param diagonal what the products within a block are multiplied by [1, heads, block, block]
     */
    public record Decays(String slope, String query, String key, String diagonal) {}

    /** All linear maps, in the order in which they are applied. */
    @Override
    public Stream<Linear> linears() {
        return Stream.of(queryKeyValue, gate, output);
    }

    @Override
    public Stream<Parameter> parameters() {
        return Stream.of(
                        linears().flatMap(Linear::parameters),
                        activation.parameters(),
                        norm.parameters(),
                        decays.stream().flatMap(this::parameters))
                .flatMap(parameters -> parameters);
    }

    private Stream<Parameter> parameters(Decays tensors) {
        return Stream.of(
                Parameter.of(tensors.slope(), heads, 1, 1),
                Parameter.of(tensors.query(), heads, blockSize, 1),
                Parameter.of(tensors.key(), heads, blockSize, 1),
                Parameter.of(tensors.diagonal(), 1, heads, blockSize, blockSize));
    }
}
