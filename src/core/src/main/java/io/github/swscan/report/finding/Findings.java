package io.github.swscan.report.finding;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.DetectionReport.NonFinite;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.Location;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.VerificationReport;
import io.github.swscan.report.finding.Finding.Place;
import io.github.swscan.report.text.EffectUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All findings of a report. */
public final class Findings {

    private final DetectionReport report;

    private Findings(DetectionReport report) {
        this.report = report;
    }

    /** Those that nothing was exempted from, rule by rule in the order of {@link FindingRule}, each rule's strongest first. */
    public static List<Finding> of(DetectionReport report) {
        return all(report).stream()
                .filter(finding -> report.policy().stream()
                        .flatMap(policy -> policy.ignored().stream())
                        .noneMatch(
                                ignored -> ignored.rule().equals(finding.rule().id())
                                        && ignored.finding().equals(finding.description())))
                .toList();
    }

    /** The same with those that a policy file exempts. */
    public static List<Finding> all(DetectionReport report) {
        Findings findings = new Findings(report);
        return Stream.of(
                        findings.sets(),
                        findings.weights(),
                        findings.signs(),
                        findings.changes(),
                        findings.nonFinite(),
                        findings.unsafe())
                .flatMap(found -> found)
                .sorted(Comparator.comparing(Finding::rule).thenComparing(Finding.STRONGEST_FIRST))
                .toList();
    }

    /** What a verification found, the most telling first. */
    public static List<Finding> of(VerificationReport report) {
        return report.differences().stream().map(Findings::difference).toList();
    }

    private static Finding difference(VerificationReport.Difference difference) {
        return new Finding(
                difference.kind() == VerificationReport.Kind.SUPER_WEIGHT_CHANGED
                        ? FindingRule.SUPER_WEIGHT_CHANGED
                        : FindingRule.TAMPERED,
                difference.description(),
                "Not as in the manifest: " + difference.description() + ".",
                difference.weight().stream().toList(),
                difference.file().stream()
                        .map(file -> new Place(
                                file,
                                0,
                                difference.tensor(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()))
                        .toList(),
                Optional.empty(),
                Optional.empty());
    }

    private Stream<Finding> sets() {
        return report.sets().stream().map(this::set);
    }

    private Finding set(WeightSet set) {
        List<SuperWeight> members = set.members().stream()
                .flatMap(name -> report.superWeight(name).stream())
                .toList();
        String places = members.stream().map(SuperWeight::place).collect(Collectors.joining(", "));
        String description = "set of weights " + places;
        return new Finding(
                set.verdict() == Verdict.CRITICAL ? FindingRule.CRITICAL_SET : FindingRule.WEIGHT_SET,
                description,
                "Removing the %s together %s (%s): %s."
                        .formatted(description, does(set.effect()), set.verdict(), where(members)),
                set.members(),
                members.stream().map(Findings::placeOf).toList(),
                Optional.of(set.verdict()),
                Optional.of(set.effect()));
    }

    private String where(List<SuperWeight> weights) {
        return weights.stream()
                .map(weight -> where(weight.name(), weight.location()))
                .collect(Collectors.joining("; "));
    }

    private static String where(String name, Location location) {
        return "%s at byte %d of %s".formatted(name, location.offset(), location.file());
    }

    private Stream<Finding> weights() {
        return report.superWeights().stream()
                .map(weight -> new Finding(
                        weight.verdict() == Verdict.CRITICAL ? FindingRule.CRITICAL_WEIGHT : FindingRule.SUPER_WEIGHT,
                        "weight " + weight.place(),
                        "Removing weight %s alone %s (%s%s)%s: %s, value %s."
                                .formatted(
                                        weight.place(),
                                        does(weight.effect()),
                                        weight.verdict(),
                                        report.schemaVersion().startsWith("1.") ? ", by itself or its group" : "",
                                        inSets(weight),
                                        where(weight.name(), weight.location()),
                                        weight.value()),
                        List.of(weight.name()),
                        List.of(placeOf(weight)),
                        Optional.of(weight.verdict()),
                        Optional.of(weight.effect())));
    }

    private static String inSets(SuperWeight weight) {
        if (weight.sets().isEmpty()) {
            return "";
        }
        String numbers = weight.sets().stream().map(String::valueOf).collect(Collectors.joining(", "));
        return "; it belongs to %s %s".formatted(weight.sets().size() == 1 ? "set" : "sets", numbers);
    }

    private Stream<Finding> signs() {
        return Stream.concat(
                report.superWeights().stream()
                        .filter(weight -> isCritical(weight.flipVerdict()))
                        .map(weight -> sign(
                                weight.place(),
                                weight.name(),
                                weight.location(),
                                placeOf(weight),
                                weight.effectFlipped())),
                report.otherSpikes().stream()
                        .filter(spike -> isCritical(spike.flipVerdict()))
                        .map(spike -> sign(
                                spike.place(), spike.name(), spike.location(), placeOf(spike), spike.effectFlipped())));
    }

    private static boolean isCritical(Optional<Verdict> verdict) {
        return verdict.equals(Optional.of(Verdict.CRITICAL));
    }

    private Finding sign(String weight, String name, Location location, Place place, Optional<Effect> effect) {
        return new Finding(
                FindingRule.CRITICAL_SIGN,
                "sign of weight " + weight,
                "Turning the sign of weight %s %s (critical): %s."
                        .formatted(weight, effect.map(this::does).orElse("is critical"), where(name, location)),
                List.of(name),
                List.of(place),
                Optional.of(Verdict.CRITICAL),
                effect);
    }

    private Stream<Finding> changes() {
        return report.changes().stream()
                .flatMap(changes -> changes.changes().stream())
                .map(change -> new Finding(
                        FindingRule.SUPER_WEIGHT_CHANGED,
                        change.description(),
                        "Not as in the baseline: " + change.description() + ".",
                        change.weights(),
                        change.weights().stream().flatMap(this::known).toList(),
                        Optional.empty(),
                        Optional.empty()));
    }

    /** Where a weight lies, if it is still told. */
    private Stream<Place> known(String name) {
        return Stream.concat(
                report.superWeight(name).stream().map(Findings::placeOf),
                report.otherSpikes().stream()
                        .filter(spike -> spike.name().equals(name))
                        .map(Findings::placeOf));
    }

    private Stream<Finding> nonFinite() {
        if (!report.brokeDown()) {
            return Stream.empty();
        }
        List<Finding> found = new ArrayList<>();
        for (NonFinite tensor : report.nonFinite()) {
            found.add(new Finding(
                    FindingRule.NON_FINITE,
                    "%s in %s".formatted(tensor.value(), tensor.tensor()),
                    "The model computes numbers that are not finite: %s holds %d of them, the first, %s, at byte %d of %s."
                            .formatted(
                                    tensor.tensor(),
                                    tensor.count(),
                                    tensor.value(),
                                    tensor.location().offset(),
                                    tensor.location().file()),
                    List.of(),
                    List.of(new Place(
                            tensor.location().file(),
                            tensor.location().offset(),
                            Optional.of(tensor.tensor()),
                            tensor.expert(),
                            tensor.row(),
                            tensor.column(),
                            Optional.empty())),
                    Optional.empty(),
                    Optional.empty()));
        }
        return found.isEmpty()
                ? Stream.of(new Finding(
                        FindingRule.NON_FINITE,
                        "numbers that are not finite in the computation",
                        "The model computes numbers that are not finite, though all its weights are.",
                        List.of(),
                        List.of(),
                        Optional.empty(),
                        Optional.empty()))
                : found.stream();
    }

    private Stream<Finding> unsafe() {
        return report.model().unsafe().stream().map(Findings::unsafe);
    }

    private static Finding unsafe(ModelSummary.Unsafe unsafe) {
        return new Finding(
                FindingRule.UNSAFE_PICKLE,
                "%s in %s".formatted(unsafe.name(), unsafe.file()),
                "%s wants to load %s (byte %d of its pickle), which no file of weights needs. It was not loaded."
                        .formatted(unsafe.file(), unsafe.name(), unsafe.offset()),
                List.of(),
                List.of(new Place(
                        unsafe.file(),
                        unsafe.offset(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty())),
                Optional.empty(),
                Optional.empty());
    }

    private String does(Effect effect) {
        EffectUnit unit = EffectUnit.of(report);
        return unit.sentence(unit.size(effect));
    }

    private static Place placeOf(SuperWeight weight) {
        return placeOf(
                weight.location(), weight.tensor(), weight.expert(), weight.row(), weight.column(), weight.value());
    }

    private static Place placeOf(OtherSpike spike) {
        return placeOf(spike.location(), spike.tensor(), spike.expert(), spike.row(), spike.column(), spike.value());
    }

    private static Place placeOf(
            Location location, String tensor, Optional<Integer> expert, int row, int column, float value) {
        return new Place(
                location.file(),
                location.offset(),
                Optional.of(tensor),
                expert,
                Optional.of(row),
                Optional.of(column),
                Optional.of(value));
    }
}
