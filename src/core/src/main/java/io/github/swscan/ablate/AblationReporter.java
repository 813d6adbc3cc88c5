package io.github.swscan.ablate;

import io.github.swscan.checkpoint.copy.CheckpointCopy;
import io.github.swscan.effect.Bootstrap;
import io.github.swscan.effect.Estimate;
import io.github.swscan.effect.PredictionEffect;
import io.github.swscan.effect.Statistic;
import io.github.swscan.report.AblationReport;
import io.github.swscan.weight.PutBack;
import io.github.swscan.weight.ReportedLocation;
import io.github.swscan.weight.Restoration;
import io.github.swscan.weight.SpikeMean;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.Target;
import io.github.swscan.weight.WeightChange;
import io.github.swscan.weight.WeightLine;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Puts the results of an ablation into a report. */
public final class AblationReporter {

    private static final Set<Variant.Kind> REMOVALS =
            EnumSet.of(Variant.Kind.REMOVE, Variant.Kind.PAIRS, Variant.Kind.SET);

    private final List<Target> targets;
    private final List<Variant> variants;
    private final AblationResult result;
    private final List<List<Integer>> continuations;
    private final int generated;
    private final Function<int[], Optional<String>> text;

    /**
     * @param targets in the order in which the variants number them
     * @param continuations the unedited model's, then those of the variants; none where nothing was generated
     * @param generated how many tokens each was to have
     * @param text what tokens of the vocabulary stand for, where that is known
     */
    public AblationReporter(
            List<Target> targets,
            List<Variant> variants,
            AblationResult result,
            List<List<Integer>> continuations,
            int generated,
            Function<int[], Optional<String>> text) {
        this.targets = List.copyOf(targets);
        this.variants = List.copyOf(variants);
        this.result = result;
        this.continuations = List.copyOf(continuations);
        this.generated = generated;
        this.text = text;
    }

    /**
     * What was asked for.
     *
     * @param weightSource where the weights come from
     */
    public AblationReport.Settings settings(AblationSettings settings, String weightSource) {
        return new AblationReport.Settings(
                weightSource,
                settings.kinds().stream().sorted().map(Variant.Kind::label).toList(),
                settings.scales(),
                settings.controls(),
                settings.largest(),
                settings.seed(),
                Bootstrap.CONFIDENCE,
                Bootstrap.RESAMPLES);
    }

    /** How the unedited model predicts. */
    public AblationReport.Baseline baseline() {
        Outcome baseline = result.baseline();
        return new AblationReport.Baseline(
                baseline.meanNll(),
                PredictionEffect.perplexity(baseline.meanNll()),
                estimate(baseline.entropy()),
                baseline.stopWordMass().map(AblationReporter::estimate),
                tasks(baseline),
                continuation(0),
                loopRate(0));
    }

    /** Tokens with what they stand for. */
    public AblationReport.Text text(List<Integer> tokens) {
        return new AblationReport.Text(
                tokens, text.apply(tokens.stream().mapToInt(Integer::intValue).toArray()));
    }

    /** @param branch 0 for the unedited model, then one for each variant */
    private Optional<AblationReport.Text> continuation(int branch) {
        return continuations.isEmpty() ? Optional.empty() : Optional.of(text(continuations.get(branch)));
    }

    /** @param branch as in {@link #continuation} */
    private Optional<Double> loopRate(int branch) {
        if (continuations.isEmpty()) {
            return Optional.empty();
        }
        OptionalDouble rate = LoopRate.of(continuations.get(branch), generated);
        return rate.isPresent() ? Optional.of(rate.getAsDouble()) : Optional.empty();
    }

    /** The single weights that the experiments are about. */
    public List<AblationReport.Weight> weights() {
        return IntStream.range(0, targets.size())
                .filter(i -> targets.get(i) instanceof StoredWeight)
                .mapToObj(i -> weight(i + 1, (StoredWeight) targets.get(i)))
                .toList();
    }

    /** The rows and columns that they are about. */
    public List<AblationReport.Line> lines() {
        return IntStream.range(0, targets.size())
                .filter(i -> targets.get(i) instanceof WeightLine)
                .mapToObj(i -> line(i + 1, (WeightLine) targets.get(i)))
                .toList();
    }

    private static AblationReport.Line line(int number, WeightLine line) {
        return new AblationReport.Line(
                number,
                line.tensor().name(),
                line.site().layer(),
                boxed(line.site().expert()),
                line.isRow() ? Optional.of(line.channel()) : Optional.empty(),
                line.isRow() ? Optional.empty() : Optional.of(line.channel()));
    }

    private static AblationReport.Weight weight(int number, StoredWeight weight) {
        return new AblationReport.Weight(
                number,
                weight.tensor().name(),
                weight.layer(),
                boxed(weight.expert()),
                weight.row(),
                weight.column(),
                weight.value(),
                ReportedLocation.of(weight.tensor(), weight.element()));
    }

    /** The experiments with what they did. */
    public List<AblationReport.Variant> variants() {
        return IntStream.range(0, variants.size())
                .mapToObj(i -> variant(i, variants.get(i), result.outcomes().get(i)))
                .toList();
    }

    private AblationReport.Variant variant(int place, Variant variant, Outcome outcome) {
        return new AblationReport.Variant(
                variant.name(),
                variant.kind().label(),
                variant.description(),
                variant.weights(),
                variant.changes().stream().map(AblationReporter::edit).toList(),
                variant.lines().stream().map(AblationReporter::removed).toList(),
                putBack(variant, Restoration.class)
                        .map(restoration -> new AblationReport.Restoration(
                                restoration.matrix().tensor(),
                                boxed(restoration.matrix().stackIndex()),
                                restoration.row()))
                        .toList(),
                putBack(variant, SpikeMean.class)
                        .map(SpikeMean::coordinate)
                        .map(weight -> new AblationReport.Mean(
                                weight.tensor(), boxed(weight.stackIndex()), weight.row(), weight.column()))
                        .toList(),
                effect(outcome),
                interaction(variant, outcome),
                recovery(variant, outcome),
                outcome.gained().stream().map(this::shift).toList(),
                outcome.lost().stream().map(this::shift).toList(),
                tasks(outcome),
                continuation(place + 1),
                loopRate(place + 1));
    }

    private static <P extends PutBack> Stream<P> putBack(Variant variant, Class<P> kind) {
        return variant.putBack().stream().filter(kind::isInstance).map(kind::cast);
    }

    private static AblationReport.RemovedLine removed(WeightLine line) {
        return new AblationReport.RemovedLine(
                line.tensor().name(),
                boxed(line.site().linear().matrix().stackIndex()),
                line.isRow() ? Optional.of(line.channel()) : Optional.empty(),
                line.isRow() ? Optional.empty() : Optional.of(line.channel()));
    }

    private static AblationReport.Edit edit(WeightChange change) {
        StoredWeight weight = change.weight();
        return new AblationReport.Edit(
                weight.tensor().name(),
                boxed(weight.coordinate().stackIndex()),
                weight.row(),
                weight.column(),
                weight.index(),
                weight.value(),
                change.to());
    }

    /** What was written, and what it does: the outcome behind those of the variants, unless all is as wanted. */
    public AblationReport.Copy copy(WrittenVariant copy) {
        int place = copy.isExact() ? variants.indexOf(copy.variant()) : variants.size();
        int single = copy.variant().changes().size();
        List<AblationReport.WrittenWeight> weights = IntStream.range(
                        0, copy.written().size())
                .filter(i -> i < single || !copy.written().get(i).isExact())
                .mapToObj(i ->
                        written(copy.model().changes().get(i), copy.written().get(i)))
                .toList();
        return new AblationReport.Copy(
                copy.variant().name(), weights, effect(result.outcomes().get(place)));
    }

    private static AblationReport.WrittenWeight written(WeightChange change, CheckpointCopy.Written written) {
        StoredWeight weight = change.weight();
        return new AblationReport.WrittenWeight(
                weight.tensor().name(),
                boxed(weight.coordinate().stackIndex()),
                weight.row(),
                weight.column(),
                weight.value(),
                written.change().value(),
                written.value(),
                boxed(written.code()));
    }

    /** Of two, where each was removed alone too. */
    private Optional<AblationReport.Interaction> interaction(Variant variant, Outcome both) {
        boolean removesTwo = variant.weights().size() == 2
                && variant.changes().size() + variant.lines().size() == 2
                && REMOVALS.contains(variant.kind());
        if (!removesTwo) {
            return Optional.empty();
        }
        List<Double> alone = variant.weights().stream()
                .map(number -> rise("remove-" + number))
                .flatMap(Optional::stream)
                .toList();
        if (alone.size() < 2) {
            return Optional.empty();
        }
        double sum = alone.get(0) + alone.get(1);
        double joint = both.meanNllRise().value();
        return Optional.of(new AblationReport.Interaction(sum, joint, joint - sum));
    }

    private Optional<Double> recovery(Variant variant, Outcome restored) {
        if (variant.kind() != Variant.Kind.RESTORE) {
            return Optional.empty();
        }
        return rise("remove-all")
                .or(() -> targets.size() == 1 ? rise("remove-1") : Optional.empty())
                .filter(damage -> damage > 0)
                .map(damage -> 1 - restored.meanNllRise().value() / damage);
    }

    private Optional<Double> rise(String name) {
        return IntStream.range(0, variants.size())
                .filter(i -> variants.get(i).name().equals(name))
                .mapToObj(i -> result.outcomes().get(i).meanNllRise().value())
                .findFirst();
    }

    private static AblationReport.Effect effect(Outcome outcome) {
        Estimate rise = outcome.meanNllRise();
        return new AblationReport.Effect(
                outcome.meanNll(),
                estimate(rise),
                PredictionEffect.perplexity(outcome.meanNll()),
                new AblationReport.Estimate(
                        PredictionEffect.perplexity(rise.value()),
                        rise.interval().map(interval -> PredictionEffect.perplexity(interval.low())),
                        rise.interval().map(interval -> PredictionEffect.perplexity(interval.high()))),
                estimate(outcome.klDivergence()),
                estimate(outcome.topTokenAgreement()),
                estimate(outcome.entropy()),
                outcome.stopWordMass().map(AblationReporter::estimate));
    }

    private AblationReport.ProbabilityShift shift(Outcome.ProbabilityShift shift) {
        return new AblationReport.ProbabilityShift(
                shift.token(), text.apply(new int[] {shift.token()}), shift.before(), shift.after());
    }

    private static List<AblationReport.TaskScore> tasks(Outcome outcome) {
        return outcome.tasks().stream()
                .map(score -> new AblationReport.TaskScore(
                        score.name(),
                        score.kind().label(),
                        score.items(),
                        statistic(score.accuracy()),
                        score.accuracyNormalized().map(AblationReporter::statistic),
                        score.targetPerplexity().map(AblationReporter::statistic)))
                .toList();
    }

    private static AblationReport.Statistic statistic(Statistic statistic) {
        return new AblationReport.Statistic(statistic.value(), statistic.standardError());
    }

    private static AblationReport.Estimate estimate(Estimate estimate) {
        return new AblationReport.Estimate(
                estimate.value(),
                estimate.interval().map(Estimate.Interval::low),
                estimate.interval().map(Estimate.Interval::high));
    }

    /** As far as a double goes. */
    private static Optional<Integer> boxed(OptionalInt value) {
        return value.isPresent() ? Optional.of(value.getAsInt()) : Optional.empty();
    }
}
