package io.github.swscan.report.html;

import io.github.swscan.report.AblationReport;
import io.github.swscan.report.AblationReport.Estimate;
import io.github.swscan.report.AblationReport.ProbabilityShift;
import io.github.swscan.report.AblationReport.Variant;
import io.github.swscan.report.text.AblationConclusion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the charts of an ablation are drawn from: report.js reads it under these names. Ratios that are not finite are the
 * largest 64-bit number.
 *
 * @param stopWords the probability of all stop words in the unedited model; null without a tokenizer
 * @param scaling a curve for each weight that was multiplied, and for all of them
 * @param pairs null where no two weights were removed together and alone
 * @param tables rows that are not part of the page, column by column
 */
record AblationCharts(
        List<Change> variants,
        Optional<Estimate> stopWords,
        List<Curve> scaling,
        Optional<Pairs> pairs,
        List<Shift> shifts,
        Map<String, List<List<String>>> tables) {

    /** The names that scaled variants have: what is multiplied, and by how much. */
    private static final Pattern SCALED = Pattern.compile("scale-(\\d+|all)-([-+0-9.eE]+)");

    /** What one variant does. Ordinary are weights to compare with. */
    record Change(String name, boolean ordinary, Estimate ratio, Optional<Estimate> stopWords) {}

    record Curve(String name, List<Point> points) {}

    record Point(double factor, Estimate ratio) {}

    /**
     * Rises of the mean NLL.
     *
     * @param weights their names, in the order of rows and columns
     * @param alone the rise of each alone; null where that was not measured
     */
    record Pairs(List<String> weights, List<Optional<Double>> alone, List<Pair> pairs) {}

    /** Two weights by their places in the list. */
    record Pair(int first, int second, double joint, double excess) {}

    /** A token whose probability changed, where all weights were removed. */
    record Shift(String token, double before, double after) {}

    static AblationCharts of(AblationReport report, Stream<Table> tables) {
        return new AblationCharts(
                report.variants().stream()
                        .map(variant -> new Change(
                                VisibleText.of(variant.name()),
                                AblationConclusion.isOrdinary(variant),
                                variant.effect().perplexityRatio(),
                                variant.effect().stopWordMass()))
                        .toList(),
                report.baseline().stopWordMass(),
                scaling(report),
                pairs(report),
                AblationConclusion.removal(report).stream()
                        .flatMap(variant -> Stream.concat(variant.gained().stream(), variant.lost().stream()))
                        .map(shift -> new Shift(token(shift), shift.before(), shift.after()))
                        .toList(),
                tables.filter(Table::isCut).collect(Collectors.toMap(Table::id, Table::furtherColumns)));
    }

    static String token(ProbabilityShift shift) {
        return shift.text().map(text -> VisibleText.passage("“" + text + "”")).orElse("token " + shift.token());
    }

    /** With what removal does at 0, where that was measured, and nothing at 1. */
    private static List<Curve> scaling(AblationReport report) {
        Map<String, List<Point>> curves = new LinkedHashMap<>();
        for (Variant variant : report.variants()) {
            Matcher name = SCALED.matcher(variant.name());
            if (variant.kind().equals("scale") && name.matches()) {
                curves.computeIfAbsent(name.group(1), which -> start(report, which))
                        .add(new Point(
                                Double.parseDouble(name.group(2)),
                                variant.effect().perplexityRatio()));
            }
        }
        return curves.entrySet().stream()
                .map(curve -> new Curve(
                        curve.getKey().equals("all") ? "all" : "#" + curve.getKey(),
                        curve.getValue().stream()
                                .sorted(Comparator.comparingDouble(Point::factor))
                                .toList()))
                .toList();
    }

    private static List<Point> start(AblationReport report, String which) {
        List<Point> points = new ArrayList<>();
        points.add(new Point(1, new Estimate(1, Optional.empty(), Optional.empty())));
        report.variants().stream()
                .filter(variant -> variant.name().equals("remove-" + which))
                .map(variant -> new Point(0, variant.effect().perplexityRatio()))
                .forEach(points::add);
        return points;
    }

    private static Optional<Pairs> pairs(AblationReport report) {
        List<Variant> joint = report.variants().stream()
                .filter(variant ->
                        variant.interaction().isPresent() && variant.weights().size() == 2)
                .toList();
        if (joint.isEmpty()) {
            return Optional.empty();
        }
        List<Integer> numbers = joint.stream()
                .flatMap(variant -> variant.weights().stream())
                .distinct()
                .sorted()
                .toList();
        Map<Integer, Double> alone = report.variants().stream()
                .filter(variant ->
                        variant.kind().equals("remove") && variant.weights().size() == 1)
                .collect(Collectors.toMap(
                        variant -> variant.weights().get(0),
                        variant -> variant.effect().meanNllRise().value(),
                        (first, second) -> first));
        return Optional.of(new Pairs(
                numbers.stream().map(number -> "#" + number).toList(),
                numbers.stream()
                        .map(number -> Optional.ofNullable(alone.get(number)))
                        .toList(),
                joint.stream()
                        .map(variant -> new Pair(
                                numbers.indexOf(variant.weights().get(0)),
                                numbers.indexOf(variant.weights().get(1)),
                                variant.interaction().orElseThrow().joint(),
                                variant.interaction().orElseThrow().excess()))
                        .toList()));
    }
}
