package io.github.swscan.scan;

import io.github.swscan.ablate.Ablation;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Embedding;
import io.github.swscan.architecture.Head;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.text.TokenSet;
import java.util.stream.Stream;

/**
 * How much of a checkpoint is read.
 *
 * @param readings how often
 * @param tokens how many go into the model, in all readings together
 * @param headReadings how often the language-modelling head is read, in all readings together
 */
record ReadingSize(int readings, long tokens, int headReadings) {

    /** One reading, of these tokens. */
    static ReadingSize of(TokenSet tokens) {
        return new ReadingSize(1, tokens.tokens(), 1);
    }

    /** Two readings, of these tokens and what is measured on them. */
    static ReadingSize ofDetection(TokenSet tokens) {
        return new ReadingSize(2, 2L * tokens.tokens(), 3);
    }

    /** The weights of linear maps, with nothing that goes through them. */
    static ReadingSize ofWeights() {
        return new ReadingSize(1, 0, 1);
    }

    static ReadingSize of(Ablation.Plan plan) {
        return new ReadingSize(plan.readings(), plan.tokens(), plan.headReadings());
    }

    /** A token each, with what the head makes of it. */
    static ReadingSize ofTokens(int readings) {
        return new ReadingSize(readings, readings, readings);
    }

    ReadingSize plus(ReadingSize further) {
        return new ReadingSize(
                readings + further.readings, tokens + further.tokens, headReadings + further.headReadings);
    }

    /** All tensors, but of the tables of embeddings only a row for each token, unless the head reads them too. */
    long bytes(OpenModel model) {
        Architecture architecture = model.architecture();
        Embedding embedding = architecture.embedding();
        long tablesInPart = Stream.concat(
                        Stream.of(embedding.tokens()),
                        embedding.learnedPositions().map(Embedding.Learned::tensor).stream())
                .mapToLong(table -> {
                    TensorInfo tensor = model.checkpoint().find(table).orElseThrow();
                    long rows = tokens * (tensor.storedBytes() / tensor.shape().get(0));
                    boolean readByHead = architecture
                            .head()
                            .filter(head -> table.equals(head.vocabulary().weight()))
                            .isPresent();
                    return readByHead ? rows : rows - readings * tensor.storedBytes();
                })
                .sum();
        long head = architecture
                .head()
                .map(Head::vocabulary)
                .map(vocabulary -> model.checkpoint()
                        .find(vocabulary.weight())
                        .orElseThrow()
                        .storedBytes())
                .orElse(0L);
        return readings * model.size().bytes() + tablesInPart + (headReadings - readings) * head;
    }
}
