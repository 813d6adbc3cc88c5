package io.github.swscan.forward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.SideBySide;
import io.github.swscan.architecture.TokenMixer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What later layers read of earlier ones beside the residual stream: keys and values of attention, and which tokens an
 * indexer has chosen. Its rows are those of the
 * stream, and are laid out anew with them, so that a branch has what its own rows gave.
 */
final class Carried {

    private final Set<Integer> wanted;
    private final boolean choicesWanted;
    private final Map<Integer, KeysAndValues> keysAndValues = new HashMap<>();
    private NDArray choice;

    Carried(Architecture architecture) {
        this.wanted = architecture.blocks().stream()
                .flatMap(block -> mixers(block.mixer()))
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
    }

    private static Stream<TokenMixer> mixers(TokenMixer mixer) {
        return mixer instanceof SideBySide several
                ? several.parts().stream().map(SideBySide.Part::mixer)
                : Stream.of(mixer);
    }

    /** Keeps which keys the tokens of all rows see, if a later layer asks for it [rows, keys]. */
    void keepChoice(NDArray rows) {
        if (choicesWanted) {
            hold(rows);
        }
    }

    /** What was kept last. */
    NDArray choice() {
        return choice;
    }

    private void hold(NDArray rows) {
        NDScope.unregister(new NDList(rows));
        if (choice != null) {
            choice.close();
        }
        choice = rows;
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
            hold(branches.apply(choice, compute));
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
