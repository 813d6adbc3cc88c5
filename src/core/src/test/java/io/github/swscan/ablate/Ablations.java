package io.github.swscan.ablate;

import io.github.swscan.fixture.ReferenceCheckpoint;
import io.github.swscan.forward.RunnableModel;
import io.github.swscan.forward.Sequences;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Sites;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.Target;
import io.github.swscan.weight.WeightName;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Runs ablations for tests. */
final class Ablations {

    private Ablations() {}

    static AblationSettings settings(Variant.Kind first, Variant.Kind... more) {
        return new AblationSettings(EnumSet.of(first, more), true, AblationSettings.DEFAULT_SCALES, 3, 0, 0);
    }

    static List<StoredWeight> weights(RunnableModel model, String... names) {
        Sites sites = Sites.of(model.architecture());
        return Stream.of(names)
                .map(name -> WeightName.parse(name).find(sites, model.checkpoint()))
                .toList();
    }

    static List<Target> targets(RunnableModel model, String... names) {
        Sites sites = Sites.of(model.architecture());
        return Stream.of(names)
                .map(name -> WeightName.parse(name).target(sites, model.checkpoint()))
                .toList();
    }

    static List<Variant> variants(RunnableModel model, List<? extends Target> targets, AblationSettings settings) {
        return Variants.of(model.architecture(), model.checkpoint(), Targets.of(targets), settings, bytes -> {});
    }

    /** The outcomes by the names of the variants. */
    static Map<String, Outcome> run(RunnableModel model, TokenSet tokens, List<Variant> variants) {
        AblationResult result = new Ablation(model, Path.of("model"), tokens, List.of(), Optional.empty(), 0)
                .run(variants, bytes -> {});
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        outcomes.put("original", result.baseline());
        for (int i = 0; i < variants.size(); i++) {
            outcomes.put(variants.get(i).name(), result.outcomes().get(i));
        }
        return outcomes;
    }

    static TokenSet tokens(ReferenceCheckpoint reference) {
        Sequences sequences = reference.sequences();
        return TokenSet.ofIds(sequences.all().stream()
                .map(sequence -> IntStream.range(0, sequences.tokens(sequence))
                        .map(position -> sequences.id(sequence, position))
                        .toArray())
                .toList());
    }
}
