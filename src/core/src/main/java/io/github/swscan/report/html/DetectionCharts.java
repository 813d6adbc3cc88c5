package io.github.swscan.report.html;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.DetectionReport.Layer;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.ResidualPeak;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.Surroundings;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.text.EffectRange;
import io.github.swscan.report.text.EffectUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the charts of a detection are drawn from, column by column: report.js reads it under these names. Magnitudes are
 * positive; effects that are not finite are the largest 64-bit number.
 *
 * @param measure what effects are measured in
 * @param thresholds the least effect of each verdict, the strongest first
 * @param marks peaks that have a name
 * @param control the effect of ordinary weights; null without one
 * @param tables rows that are not part of the page, column by column
 */
record DetectionCharts(
        Measure measure,
        List<Threshold> thresholds,
        Peaks peaks,
        Residual residual,
        List<Mark> marks,
        List<Trace> traces,
        List<Removal> removals,
        Optional<Double> control,
        List<SetEffects> sets,
        List<Block> blocks,
        Map<String, List<List<String>>> tables) {

    /** Of tested weights that are none, how many are drawn. */
    private static final int MOST_OTHERS = 16;

    /** Of super weights with a code, how many have a chart. */
    static final int MOST_BLOCKS = 12;

    /**
     * A unit of effects.
     *
     * @param label of an axis
     * @param none the effect of nothing
     * @param ratio whether effects multiply
     */
    record Measure(String label, double none, boolean ratio) {

        static Measure of(EffectUnit unit) {
            return new Measure(
                    switch (unit) {
                        case PERPLEXITY -> "perplexity, times that of the unedited model";
                        case DIVERGENCE -> "KL divergence from the unedited model, nats per token";
                        case HIDDEN_STATE -> "change of the last hidden state, parts of its length";
                        case EMBEDDING -> "1 − cosine to the unedited model's embeddings";
                    },
                    unit.none(),
                    unit == EffectUnit.PERPLEXITY);
        }
    }

    record Threshold(String verdict, double from) {}

    /** Peaks of the down projections. Without experts, these are -1. */
    record Peaks(List<Integer> layer, List<Integer> expert, List<Float> input, List<Float> output) {}

    record Residual(List<Integer> layer, List<Float> value) {}

    /** A peak of an output: of a super weight, with its verdict, or another spike. */
    record Mark(int layer, String name, float value, String kind) {}

    record Trace(int channel, List<Float> values, List<Float> without) {}

    /** The effect of removing one weight; its kind is a verdict, or cancelling. */
    record Removal(String name, double size, Optional<EffectRange> range, String kind) {}

    /** Effects of a set, and of each of its members. */
    record SetEffects(double together, List<String> members, List<Double> alone, List<Double> leftIn) {}

    /** The stored numbers around a super weight. */
    record Block(String name, int place, List<Float> values, float step) {}

    static DetectionCharts of(DetectionReport report, Stream<Table> tables) {
        EffectUnit unit = EffectUnit.of(report);
        List<Layer> layers = report.layers();
        DetectionReport.Thresholds thresholds = report.settings().thresholds();
        return new DetectionCharts(
                Measure.of(unit),
                List.of(
                        new Threshold("critical", thresholds.critical()),
                        new Threshold("high", thresholds.high()),
                        new Threshold("moderate", thresholds.moderate())),
                new Peaks(
                        columns(layers, Layer::layer),
                        columns(layers, layer -> layer.expert().orElse(-1)),
                        columns(layers, layer -> Math.abs(layer.input().value())),
                        columns(layers, layer -> Math.abs(layer.output().value()))),
                new Residual(
                        columns(report.residual(), ResidualPeak::layer),
                        columns(report.residual(), peak -> Math.abs(peak.peak().value()))),
                marks(report),
                columns(report.traces(), trace -> new Trace(trace.channel(), trace.values(), trace.without())),
                removals(report, unit),
                report.control().map(unit::size),
                columns(report.sets(), set -> setEffects(set, report, unit)),
                blocks(report),
                tables.filter(Table::isCut).collect(Collectors.toMap(Table::id, Table::furtherColumns)));
    }

    private static <T, R> List<R> columns(List<T> rows, Function<T, R> column) {
        return rows.stream().map(column).toList();
    }

    private static List<Mark> marks(DetectionReport report) {
        List<Mark> marks = new ArrayList<>();
        Set<String> named = new HashSet<>();
        for (SuperWeight weight : report.superWeights()) {
            String name = weight.place();
            named.add(name);
            marks.add(new Mark(
                    weight.layer(),
                    name,
                    Math.abs(weight.output().value()),
                    weight.verdict() == Verdict.HARMLESS && !weight.sets().isEmpty()
                            ? "member"
                            : weight.verdict().toString()));
        }
        for (Layer layer : report.layers()) {
            String name = DetectionReport.place(
                    layer.layer(),
                    layer.expert(),
                    layer.output().channel(),
                    layer.input().channel());
            if (layer.spike() && named.add(name)) {
                marks.add(new Mark(layer.layer(), name, Math.abs(layer.output().value()), "other"));
            }
        }
        return marks;
    }

    private static List<Removal> removals(DetectionReport report, EffectUnit unit) {
        Stream<Removal> weights = report.superWeights().stream()
                .map(weight -> removal(
                        weight.place(), weight.effect(), unit, weight.verdict().toString()));
        Stream<Removal> others = report.otherSpikes().stream()
                .filter(spike -> spike.effect().isPresent())
                .sorted(Comparator.comparingDouble(
                                (OtherSpike spike) -> unit.size(spike.effect().orElseThrow()))
                        .reversed())
                .limit(MOST_OTHERS)
                .map(spike -> removal(
                        spike.place(),
                        spike.effect().orElseThrow(),
                        unit,
                        spike.reason().equals("cancelling") ? "cancelling" : "harmless"));
        return Stream.concat(weights, others)
                .sorted(Comparator.comparingDouble(Removal::size).reversed())
                .toList();
    }

    private static Removal removal(String name, Effect effect, EffectUnit unit, String kind) {
        return new Removal(name, unit.size(effect), EffectRange.of(effect, unit), kind);
    }

    private static SetEffects setEffects(WeightSet set, DetectionReport report, EffectUnit unit) {
        return new SetEffects(
                unit.size(set.effect()),
                Members.places(set.members(), report),
                columns(set.alone(), unit::size),
                columns(set.leftIn(), unit::size));
    }

    private static List<Block> blocks(DetectionReport report) {
        return report.superWeights().stream()
                .flatMap(weight -> weight.stored().flatMap(DetectionReport.Stored::block).stream()
                        .flatMap(block -> block.surroundings().stream()
                                .map(surroundings -> block(weight, block.step(), surroundings))))
                .limit(MOST_BLOCKS)
                .toList();
    }

    private static Block block(SuperWeight weight, float step, Surroundings surroundings) {
        return new Block(weight.place(), surroundings.place(), surroundings.values(), step);
    }
}
