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
        return model.size().bytes()
                + Stream.concat(Stream.of(embedding.tokens()), embedding.positions().stream())
                        .mapToLong(table -> {
                            TensorInfo tensor = model.checkpoint().find(table).orElseThrow();
                            long rows = (long) tokens.tokens()
                                    * architecture.hiddenSize()
                                    * tensor.dtype().bytes();
                            return table.equals(architecture.head().weight()) ? rows : rows - tensor.bytes();
                        })
                        .sum();
    }
}
