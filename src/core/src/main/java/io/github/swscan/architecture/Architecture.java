package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;

/**
 * A language model, decoder or encoder, described: what each block computes and which tensors it reads.
 *
 * @param family the {@code model_type} of config.json
 * @param whole the {@code model_type} of the larger model that this is the text part of; empty: it stands alone
 * @param hiddenSize width of the residual stream
 * @param vocabularySize how many token ids there are
 * @param contextLength the number of positions the model was made for
 * @param streams where there are several residual streams
 * @param objective what it was trained to predict, whether or not it still has the head for it
 * @param sentenceEmbedding what is made of the last hidden state, where that is known and there is no head
 * @param head empty for embedders, classifiers and reward models, which make something else of the last hidden state
 * @param quantization how its weights are stored, if config.json says so
 */
public record Architecture(
        String family,
        Optional<String> whole,
        int hiddenSize,
        int vocabularySize,
        int contextLength,
        Objective objective,
        Embedding embedding,
        List<Block> blocks,
        Optional<ResidualStreams> streams,
        Optional<Norm> finalNorm,
        Optional<Head> head,
        Optional<SentenceEmbedding> sentenceEmbedding,
        Optional<Quantization> quantization) {

    public Architecture {
        blocks = List.copyOf(blocks);
    }

    public int layers() {
        return blocks.size();
    }

    /** Whether it is trained to predict tokens that are masked, from what stands before and behind them. */
    public boolean predictsMasked() {
        return objective == Objective.MASKED_TOKEN;
    }

    /**
     * The language-modelling head of a model that is known to have one.
     *
     * @throws IllegalStateException if it has none
     */
    public Head languageHead() {
        return head.orElseThrow(() -> new IllegalStateException("the model has no language-modelling head"));
    }

    /**
     * How many token ids the head tells apart: the whole vocabulary, or the first of it where others are never predicted,
     * such as those that stand for images.
     */
    public int predictedTokens() {
        return head.map(Head::predicted).orElse(vocabularySize);
    }

    /** The same with these blocks. */
    public Architecture withBlocks(List<Block> others) {
        return new Architecture(
                family,
                whole,
                hiddenSize,
                vocabularySize,
                contextLength,
                objective,
                embedding,
                others,
                streams,
                finalNorm,
                head,
                sentenceEmbedding,
                quantization);
    }

    /** The same with this head. */
    public Architecture withHead(Head other) {
        return new Architecture(
                family,
                whole,
                hiddenSize,
                vocabularySize,
                contextLength,
                objective,
                embedding,
                blocks,
                streams,
                finalNorm,
                Optional.of(other),
                sentenceEmbedding,
                quantization);
    }

    /** The same with what is made of its last hidden state. */
    public Architecture withSentenceEmbedding(SentenceEmbedding embedding) {
        return new Architecture(
                family,
                whole,
                hiddenSize,
                vocabularySize,
                contextLength,
                objective,
                this.embedding,
                blocks,
                streams,
                finalNorm,
                head,
                Optional.of(embedding),
                quantization);
    }

    /** The layers that have no down projection, for they have attention or a recurrence only. */
    public List<Integer> layersWithoutMlp() {
        return blocks.stream()
                .filter(block -> block.feedForward() instanceof NoMlp)
                .map(Block::layer)
                .toList();
    }

    /** How many experts a layer has at most, those that every token goes through left out; 0 without mixtures. */
    public int experts() {
        return blocks.stream()
                .map(Block::feedForward)
                .filter(Mixture.class::isInstance)
                .mapToInt(mixture -> ((Mixture) mixture).experts().size())
                .max()
                .orElse(0);
    }

    /** Input width of the first down projections that there are. */
    public int intermediateSize() {
        return blocks.stream()
                .flatMap(block -> block.feedForward().mlps())
                .findFirst()
                .orElseThrow()
                .down()
                .inputs();
    }
}
