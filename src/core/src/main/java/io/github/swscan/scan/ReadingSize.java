package io.github.swscan.scan;

import io.github.swscan.ablate.Ablation;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Embedding;
import io.github.swscan.architecture.Head;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Sites;
import java.util.HashSet;
import java.util.Set;
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

    /** Two readings, of these tokens and what is measured on them; a further one of the same where layers share weights. */
    static ReadingSize ofDetection(OpenModel model, TokenSet tokens) {
        int readings = Sites.of(model.architecture()).areShared() ? 3 : 2;
        return new ReadingSize(readings, (long) readings * tokens.tokens(), readings + 1);
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

    /** What blocks read that has been read before in the same reading, in bytes. */
    private static long readAgain(OpenModel model) {
        Set<String> read = new HashSet<>();
        return model.architecture().blocks().stream()
                .flatMap(Block::tensors)
                .filter(tensor -> !read.add(tensor))
                .mapToLong(
                        tensor -> model.checkpoint().find(tensor).orElseThrow().storedBytes())
                .sum();
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
        return readings * (model.size().bytes() + readAgain(model)) + tablesInPart + (headReadings - readings) * head;
    }
}
