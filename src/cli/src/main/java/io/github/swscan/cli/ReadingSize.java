package io.github.swscan.cli;

import io.github.swscan.ablate.Ablation;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Embedding;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.cli.option.ModelArguments;
import io.github.swscan.text.TokenSet;
import java.util.stream.Stream;

/** How much of a checkpoint is read. */
final class ReadingSize {

    private ReadingSize() {}

    /** What one reading takes. */
    static long bytes(ModelArguments.OpenModel model, TokenSet tokens) {
        return bytes(model, new Ablation.Plan(1, tokens.tokens(), 1));
    }

    /**
     * What several readings take: all tensors, but of the tables of embeddings only a row for each token, unless the head
     * reads them too.
     */
    static long bytes(ModelArguments.OpenModel model, Ablation.Plan plan) {
        Architecture architecture = model.architecture();
        Embedding embedding = architecture.embedding();
        long tablesInPart = Stream.concat(
                        Stream.of(embedding.tokens()),
                        embedding.learnedPositions().map(Embedding.Learned::tensor).stream())
                .mapToLong(table -> {
                    TensorInfo tensor = model.checkpoint().find(table).orElseThrow();
                    long rows = plan.tokens() * (tensor.bytes() / tensor.shape().get(0));
                    boolean readByHead =
                            table.equals(architecture.head().vocabulary().weight());
                    return readByHead ? rows : rows - plan.readings() * tensor.bytes();
                })
                .sum();
        long head = model.checkpoint()
                .find(architecture.head().vocabulary().weight())
                .orElseThrow()
                .bytes();
        return plan.readings() * model.size().bytes() + tablesInPart + (plan.headReadings() - plan.readings()) * head;
    }
}
