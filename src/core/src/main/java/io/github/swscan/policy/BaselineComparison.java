package io.github.swscan.policy;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Change;
import io.github.swscan.report.DetectionReport.Changes;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.Stored;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.text.Numbers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What of a model is another than a report says that was made before. Weights are matched by tensor, expert, row and column;
 * sets by their members.
 */
public final class BaselineComparison {

    /** How far values may differ where the model is stored in another type, relative. */
    public static final double STANDARD_TOLERANCE = 0.01;

    /** From when on a rise of the likelihood is another: relative, and in nats. Both must be exceeded. */
    private static final double OTHER_RELATIVE = 0.25;

    private static final double OTHER_NATS = 0.05;

    private final DetectionReport before;
    private final DetectionReport now;
    private final double tolerance;
    private final boolean sameText;

    private BaselineComparison(DetectionReport before, DetectionReport now, double tolerance) {
        this.before = before;
        this.now = now;
        this.tolerance = tolerance;
        this.sameText = before.run().tokens() == now.run().tokens()
                && before.run().evaluationText().equals(now.run().evaluationText())
                && before.settings().textDigest().equals(now.settings().textDigest())
                && before.run().precision().equals(now.run().precision());
    }

    /** Why the reports cannot be held against each other; empty if they can. */
    public static Optional<String> difference(DetectionReport before, DetectionReport now) {
        record Size(int layers, int hidden, int intermediate) {
            static Size of(DetectionReport report) {
                return new Size(
                        report.model().layers(),
                        report.model().hiddenSize(),
                        report.model().intermediateSize());
            }

            String words() {
                return "%d layers of %d channels, %d in the MLP".formatted(layers, hidden, intermediate);
            }
        }
        Size one = Size.of(before);
        Size other = Size.of(now);
        return one.equals(other)
                ? Optional.empty()
                : Optional.of("is about a model of %s; this one has %s".formatted(one.words(), other.words()));
    }

    /**
     * What is another.
     *
     * @param file the baseline, as the user named it
     * @param tolerance how far values may differ where the model is stored in another type, relative
     */
    public static Changes of(String file, DetectionReport before, DetectionReport now, double tolerance) {
        BaselineComparison comparison = new BaselineComparison(before, now, tolerance);
        return new Changes(file, comparison.changes(), comparison.notes());
    }

    private List<String> notes() {
        return sameText
                ? List.of()
                : List.of("Effects were not compared with the baseline's: they were measured on other tokens, or in "
                        + "another precision.");
    }

    private List<Change> changes() {
        return Stream.concat(weightChanges(), setChanges()).toList();
    }

    /**
     * What a report tells of a weight.
     *
     * @param verdict harmless for other spikes
     * @param rise empty where it was not measured
     */
    private record Told(
            String name,
            String place,
            float value,
            Optional<Stored> stored,
            String dtype,
            Verdict verdict,
            Optional<Double> rise) {

        private boolean matters() {
            return verdict != Verdict.HARMLESS;
        }
    }

    private static Map<String, Told> weights(DetectionReport report) {
        Map<String, Told> told = new LinkedHashMap<>();
        for (SuperWeight weight : report.superWeights()) {
            told.put(
                    weight.name(),
                    new Told(
                            weight.name(),
                            weight.place(),
                            weight.value(),
                            weight.stored(),
                            weight.location().dtype(),
                            weight.verdict(),
                            weight.effect().meanNllRise()));
        }
        for (OtherSpike spike : report.otherSpikes()) {
            told.putIfAbsent(
                    spike.name(),
                    new Told(
                            spike.name(),
                            spike.place(),
                            spike.value(),
                            Optional.empty(),
                            spike.location().dtype(),
                            Verdict.HARMLESS,
                            spike.effect().flatMap(Effect::meanNllRise)));
        }
        return told;
    }

    private Stream<Change> weightChanges() {
        Map<String, Told> old = weights(before);
        Map<String, Told> current = weights(now);
        Set<String> names = new LinkedHashSet<>();
        Stream.of(before, now)
                .flatMap(report -> report.superWeights().stream())
                .map(SuperWeight::name)
                .forEach(names::add);
        return names.stream()
                .flatMap(name -> changes(Optional.ofNullable(old.get(name)), Optional.ofNullable(current.get(name))));
    }

    private Stream<Change> changes(Optional<Told> old, Optional<Told> current) {
        boolean mattered = old.filter(Told::matters).isPresent();
        boolean matters = current.filter(Told::matters).isPresent();
        List<Change> found = new ArrayList<>();
        if (matters && old.isEmpty()) {
            found.add(change(
                    "appeared", current.get(), "is new, and " + current.get().verdict()));
        }
        if (mattered && current.isEmpty()) {
            found.add(change("vanished", old.get(), "was " + old.get().verdict() + " and is not found any more"));
        }
        if (old.isPresent() && current.isPresent()) {
            Told one = old.get();
            Told other = current.get();
            if (one.verdict() != other.verdict()) {
                String kind = !mattered ? "appeared" : matters ? "verdict" : "vanished";
                found.add(change(kind, other, "was %s and is %s".formatted(one.verdict(), other.verdict())));
            }
            if (isOther(one, other)) {
                found.add(change("value", other, "was %s and is %s".formatted(stored(one), stored(other))));
            }
            if ((mattered || matters) && isOther(one.rise(), other.rise())) {
                found.add(change(
                        "effect",
                        other,
                        "raised the mean NLL by %s nats and raises it by %s"
                                .formatted(
                                        Numbers.nats(one.rise().get()),
                                        Numbers.nats(other.rise().get()))));
            }
        }
        return found.stream();
    }

    private static Change change(String kind, Told weight, String what) {
        return new Change(kind, "weight %s %s".formatted(weight.place(), what), List.of(weight.name()));
    }

    private static String stored(Told weight) {
        return weight.stored()
                .flatMap(Stored::code)
                .map(code -> "%s (code %d)".formatted(weight.value(), code))
                .orElseGet(() -> String.valueOf(weight.value()));
    }

    /** Whether a weight has other bits; of another type, whether it has another value. */
    private boolean isOther(Told old, Told current) {
        if (!old.dtype().equals(current.dtype())) {
            double apart = Math.abs((double) old.value() - current.value());
            return !(apart <= tolerance * Math.abs(old.value()));
        }
        return Float.floatToIntBits(old.value()) != Float.floatToIntBits(current.value())
                || (old.stored().isPresent()
                        && current.stored().isPresent()
                        && !old.stored()
                                .flatMap(Stored::code)
                                .equals(current.stored().flatMap(Stored::code)));
    }

    private boolean isOther(Optional<Double> old, Optional<Double> current) {
        if (!sameText || old.isEmpty() || current.isEmpty()) {
            return false;
        }
        double apart = Math.abs(old.get() - current.get());
        return apart > OTHER_NATS && apart > OTHER_RELATIVE * Math.abs(old.get());
    }

    private Stream<Change> setChanges() {
        Map<Set<String>, WeightSet> old = sets(before);
        Map<Set<String>, WeightSet> current = sets(now);
        Set<Set<String>> all = new LinkedHashSet<>(old.keySet());
        all.addAll(current.keySet());
        return all.stream()
                .flatMap(members ->
                        setChanges(Optional.ofNullable(old.get(members)), Optional.ofNullable(current.get(members))));
    }

    private static Map<Set<String>, WeightSet> sets(DetectionReport report) {
        return report.sets().stream()
                .collect(Collectors.toMap(
                        set -> Set.copyOf(set.members()), set -> set, (one, other) -> one, LinkedHashMap::new));
    }

    private Stream<Change> setChanges(Optional<WeightSet> old, Optional<WeightSet> current) {
        String places = places(old.or(() -> current).orElseThrow().members());
        List<String> names = old.or(() -> current).map(WeightSet::members).orElseThrow();
        List<Change> found = new ArrayList<>();
        if (old.isEmpty()) {
            found.add(new Change(
                    "appeared",
                    "set of weights %s is new, and %s"
                            .formatted(places, current.get().verdict()),
                    names));
        } else if (current.isEmpty()) {
            found.add(new Change(
                    "vanished",
                    "set of weights %s was %s and is not found any more"
                            .formatted(places, old.get().verdict()),
                    names));
        } else {
            if (old.get().verdict() != current.get().verdict()) {
                found.add(new Change(
                        "verdict",
                        "set of weights %s was %s and is %s"
                                .formatted(
                                        places,
                                        old.get().verdict(),
                                        current.get().verdict()),
                        names));
            }
            Optional<Double> one = old.get().effect().meanNllRise();
            Optional<Double> other = current.get().effect().meanNllRise();
            if (isOther(one, other)) {
                found.add(new Change(
                        "effect",
                        "set of weights %s raised the mean NLL by %s nats and raises it by %s"
                                .formatted(places, Numbers.nats(one.get()), Numbers.nats(other.get())),
                        names));
            }
        }
        return found.stream();
    }

    private String places(Collection<String> members) {
        return members.stream()
                .map(member -> before.superWeight(member)
                        .or(() -> now.superWeight(member))
                        .map(SuperWeight::place)
                        .orElse(member))
                .collect(Collectors.joining(", "));
    }
}
