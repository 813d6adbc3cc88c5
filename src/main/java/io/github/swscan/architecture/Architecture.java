package io.github.swscan.architecture;

import java.util.List;

/**
 * A decoder-only language model, described: what each block computes and which tensors it reads.
 *
 * @param family the {@code model_type} of config.json
 * @param hiddenSize width of the residual stream
 * @param intermediateSize input width of the down projections
 * @param contextLength the number of positions the model was made for
 */
public record Architecture(
        String family,
        int hiddenSize,
        int intermediateSize,
        int vocabularySize,
        int contextLength,
        Embedding embedding,
        List<Block> blocks,
        Norm finalNorm,
        Linear head) {

    public Architecture {
        blocks = List.copyOf(blocks);
        if (head.layout() != Linear.Layout.OUTPUT_BY_INPUT) {
            throw new IllegalArgumentException("the head has one row for each vocabulary entry");
        }
    }

    public int layers() {
        return blocks.size();
    }
}
