package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.SideBySide;
import io.github.swscan.architecture.TokenMixer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What later layers read of earlier ones beside the residual stream: keys and values of attention, which tokens an indexer
 * has chosen, what a feed-forward part has read, and the embedding. Its rows are those of the
 * stream, and are laid out anew with them, so that a branch has what its own rows gave.
 */
final class Carried {

    private final Set<Integer> wanted;
    private final boolean choicesWanted;
    private final Set<Integer> inputsWanted;
    private final boolean embeddingWanted;
    private final Map<Integer, KeysAndValues> keysAndValues = new HashMap<>();
    private NDArray choice;
    private NDArray feedForwardInput;
    private NDArray embedding;

    Carried(Architecture architecture) {
        this.wanted = architecture.blocks().stream()
                .flatMap(Block::mixers)
                .flatMap(Carried::mixers)
                .filter(Attention.class::isInstance)
                .map(mixer -> ((Attention) mixer).projections())
                .filter(Attention.Reused.class::isInstance)
                .map(projections -> ((Attention.Reused) projections).layer())
                .collect(Collectors.toSet());
        this.choicesWanted = architecture.blocks().stream()
                .anyMatch(block -> block.mixer() instanceof Attention attention
                        && attention
                                .sparse()
                                .filter(Attention.SameTokens.class::isInstance)
                                .isPresent());
        this.embeddingWanted =
                architecture.blocks().stream().anyMatch(block -> block.aside().isPresent());
        this.inputsWanted = architecture.blocks().stream()
                .filter(block -> block.feedForward() instanceof Mixture mixture
                        && mixture.passage().ofBlockBefore())
                .map(block -> block.layer() - 1)
                .collect(Collectors.toSet());
    }

    /** Keeps the embedding of all tokens, if a layer asks for it [rows, hidden]. */
    void keepEmbedding(NDArray rows) {
        if (embeddingWanted) {
            embedding = held(embedding, rows.duplicate());
        }
    }

    /** What was kept. */
    NDArray embedding() {
        return embedding;
    }

    /** Keeps what the feed-forward part of a layer reads, if the next layer asks for it [rows, hidden]. */
    void keepFeedForwardInput(int layer, NDArray rows) {
        if (inputsWanted.contains(layer)) {
            feedForwardInput = held(feedForwardInput, rows);
        }
    }

    /** What was kept last. */
    NDArray feedForwardInput() {
        return feedForwardInput;
    }

    private static Stream<TokenMixer> mixers(TokenMixer mixer) {
        return mixer instanceof SideBySide several
                ? several.parts().stream().map(SideBySide.Part::mixer)
                : Stream.of(mixer);
    }

    /** Keeps which keys the tokens of all rows see, if a later layer asks for it [rows, keys]. */
    void keepChoice(NDArray rows) {
        if (choicesWanted) {
            choice = held(choice, rows);
        }
    }

    /** What was kept last. */
    NDArray choice() {
        return choice;
    }

    /** An array that from now on no scope of a block frees; what was held in its place is freed. */
    private static NDArray held(NDArray before, NDArray rows) {
        NDScope.unregister(new NDList(rows));
        if (before != null && before != rows) {
            before.close();
        }
        return rows;
    }

    /** Keeps what a layer has made, if a later one reads it. */
    void keep(int layer, KeysAndValues made) {
        if (wanted.contains(layer)) {
            replace(layer, made);
        }
    }

    KeysAndValues keysAndValues(int layer) {
        return keysAndValues.get(layer);
    }

    /** Lays all rows out as those of the stream are. */
    void rearrange(Rearrangement branches, Compute compute) {
        if (branches.isNone()) {
            return;
        }
        if (choice != null) {
            choice = held(choice, branches.apply(choice, compute));
        }
        if (embedding != null) {
            embedding = held(embedding, branches.apply(embedding, compute));
        }
        if (feedForwardInput != null) {
            feedForwardInput = held(feedForwardInput, branches.apply(feedForwardInput, compute));
        }
        keysAndValues.replaceAll((layer, kept) ->
                held(kept, kept.with(branches.apply(kept.keys(), compute), branches.apply(kept.values(), compute))));
    }

    private void replace(int layer, KeysAndValues made) {
        keysAndValues.put(layer, held(keysAndValues.get(layer), made));
    }

    /** The same, which from now on no scope of a block frees; what was held in its place is freed. */
    private static KeysAndValues held(KeysAndValues before, KeysAndValues made) {
        NDScope.unregister(new NDList(made.keys(), made.values()));
        if (before != null) {
            close(before.keys(), made);
            close(before.values(), made);
        }
        return made;
    }

    private static void close(NDArray array, KeysAndValues kept) {
        if (array != kept.keys() && array != kept.values()) {
            array.close();
        }
    }
}
