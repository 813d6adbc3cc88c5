package io.github.swscan.cli;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Embedding;
import io.github.swscan.checkpoint.TensorInfo;
import io.github.swscan.text.TokenSet;
import java.util.stream.Stream;

/** How much of a checkpoint one reading takes. */
final class ReadingSize {

    private ReadingSize() {}

    /** All tensors, but of the tables of embeddings only a row for each token, unless the head reads them too. */
    static long bytes(ModelArguments.OpenModel model, TokenSet tokens) {
        Architecture architecture = model.architecture();
        Embedding embedding = architecture.embedding();
        long tablesInPart = Stream.concat(
                        Stream.of(embedding.tokens()),
                        embedding.learnedPositions().map(Embedding.Learned::tensor).stream())
                .mapToLong(table -> {
                    TensorInfo tensor = model.checkpoint().find(table).orElseThrow();
                    long rows =
                            tokens.tokens() * (tensor.bytes() / tensor.shape().get(0));
                    boolean readByHead =
                            table.equals(architecture.head().vocabulary().weight());
                    return readByHead ? rows : rows - tensor.bytes();
                })
                .sum();
        return model.size().bytes() + tablesInPart;
    }
}
