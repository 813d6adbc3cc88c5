package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.right;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Block;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.Stored;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.Peak;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.text.Conclusion;
import io.github.swscan.report.text.EffectUnit;
import io.github.swscan.report.text.Numbers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code swscan detect} prints: what it comes to, then a screenful; the rest is in the report. */
public final class DetectionScreen {

    /** Behind a verdict that other text may tip. */
    static final String NEAR_THRESHOLD = " ~";

    private static final int MOST_NON_FINITE = 20;

    /** Of a model with more layers, it is said how many have spikes. */
    private static final int MOST_LAYERS = 12;

    /** Of the most massive super activation, what makes another one worth a line. */
    private static final double LEAST_OF_MOST_MASSIVE = 0.1;

    /** Of what has been found, unless all is asked for. */
    private static final int MOST_ROWS = 6;

    /** Of the rest. */
    private static final int FEW_ROWS = 3;

    private final Screen screen;
    private final boolean all;

    /** @param all to show everything */
    public DetectionScreen(Screen screen, boolean all) {
        this.screen = screen;
        this.all = all;
    }

    public void result(DetectionReport report, List<Path> reportFiles) {
        if (report.holdsUnsafePickle()) {
            unsafe(report);
        } else {
            found(report);
        }
        reportFiles.forEach(file -> screen.text("Report: " + file));
        screen.flush();
    }

    /** What stands in place of all others where the model was not read, which standard error tells. */
    private void unsafe(DetectionReport report) {
        screen.heading("What its files want to load, and no weights need");
        List<ModelSummary.Unsafe> unsafe = report.model().unsafe();
        List<ModelSummary.Unsafe> shown = limited(unsafe, MOST_ROWS);
        screen.table(
                List.of(left("name"), left("file"), right("byte")),
                shown.stream()
                        .map(one -> new Object[] {one.name(), one.file(), Numbers.grouped(one.offset())})
                        .toList());
        more(unsafe.size() - shown.size());
        screen.paragraph("Nothing was loaded, and so nothing was tested.");
        report.notes().stream().skip(1).forEach(screen::paragraph);
    }

    private void found(DetectionReport report) {
        screen.paragraph(Conclusion.of(report));
        screen.blank();
        nonFinite(report);
        sets(report);
        Set<String> columns = new HashSet<>(superWeights(report));
        stored(report);
        columns.addAll(others(report));
        report.baseline()
                .map(baseline -> "perplexity %s over %s predictions"
                        .formatted(Numbers.value(baseline.perplexity()), Numbers.grouped(baseline.tokens())))
                .or(() -> report.hiddenState().map(DetectionScreen::hiddenState))
                .ifPresent(unedited -> measured(report, unedited, columns));
        superActivations(report);
        layers(report);
        report.notes().forEach(screen::paragraph);
    }

    private static String hiddenState(DetectionReport.HiddenState state) {
        String tokens = "the last hidden states of %s tokens".formatted(Numbers.grouped(state.tokens()));
        return state.embeddings()
                .map(texts -> "the embeddings of %s texts and %s".formatted(Numbers.grouped(texts), tokens))
                .orElse(tokens);
    }

    private void nonFinite(DetectionReport report) {
        if (report.nonFinite().isEmpty()) {
            return;
        }
        screen.heading("Weights that are no finite numbers");
        boolean mixture =
                report.nonFinite().stream().anyMatch(tensor -> tensor.expert().isPresent());
        List<TableColumn> columns = List.of(
                left("tensor"),
                right("expert").visible(mixture),
                right("row"),
                right("column"),
                right("value"),
                right("how many"));
        List<Object[]> rows = report.nonFinite().stream()
                .limit(MOST_NON_FINITE)
                .map(tensor -> new Object[] {
                    tensor.tensor(),
                    number(tensor.expert()),
                    number(tensor.row()),
                    number(tensor.column()),
                    tensor.value(),
                    Numbers.grouped(tensor.count())
                })
                .toList();
        screen.table(columns, rows);
        int more = report.nonFinite().size() - rows.size();
        screen.paragraph("of each tensor the first" + (more > 0 ? "; the report has " + more + " more tensors" : ""));
        screen.blank();
    }

    private boolean mixture(DetectionReport report) {
        return report.layers().stream().anyMatch(layer -> layer.expert().isPresent());
    }

    private static String verdict(Verdict verdict, boolean near) {
        return near ? verdict + NEAR_THRESHOLD : verdict.toString();
    }

    private void sets(DetectionReport report) {
        if (report.sets().isEmpty()) {
            return;
        }
        screen.heading("Sets: weights that matter together");
        List<TableColumn> columns = List.of(
                right("set"),
                right("layer"),
                right("expert").visible(mixture(report)),
                right("row"),
                right("column"),
                right("alone"),
                right("left in").ifRoom(),
                right("all"),
                left("verdict"));
        List<Object[]> rows = new ArrayList<>();
        int shown = 0;
        for (WeightSet set : report.sets()) {
            if (all || shown == 0 || rows.size() + set.members().size() <= MOST_ROWS) {
                rows.addAll(members(report, set));
                shown++;
            }
        }
        screen.table(columns, rows);
        more(report.sets().size() - shown);
        screen.blank();
    }

    /** What holds for all of them stands in the first one's row. */
    private static List<Object[]> members(DetectionReport report, WeightSet set) {
        EffectUnit unit = EffectUnit.of(report);
        List<Object[]> rows = new ArrayList<>();
        for (String name : set.members()) {
            SuperWeight weight = report.superWeight(name).orElseThrow();
            int member = rows.size();
            boolean first = member == 0;
            rows.add(new Object[] {
                first ? Integer.toString(set.set()) : "",
                weight.layer(),
                number(weight.expert()),
                weight.row(),
                weight.column(),
                unit.cell(set.alone().get(member)),
                unit.cell(set.leftIn().get(member)),
                first ? unit.cell(set.effect()) : "",
                first ? verdict(set.verdict(), set.nearThreshold()) : ""
            });
        }
        return rows;
    }

    /**
     * Members of sets that do nothing alone stand with their sets.
     *
     * @return the headers of the columns that are shown
     */
    private Set<String> superWeights(DetectionReport report) {
        List<SuperWeight> telling = report.superWeights().stream()
                .filter(weight -> all
                        || weight.verdict() != Verdict.HARMLESS
                        || weight.effectFlipped().isPresent())
                .toList();
        List<SuperWeight> shown = limited(telling, MOST_ROWS);
        if (shown.isEmpty()) {
            return Set.of();
        }
        screen.heading("Super weights, each removed alone");
        EffectUnit unit = EffectUnit.of(report);
        List<Object[]> rows = shown.stream()
                .map(weight -> new Object[] {
                    weight.layer(),
                    number(weight.expert()),
                    weight.row(),
                    weight.column(),
                    Numbers.value(weight.value()),
                    weight.streamShare().map(Numbers::share).orElse(""),
                    unit.cell(weight.effect()),
                    weight.effectFlipped().map(unit::cell).orElse(""),
                    weight.sets().stream().map(Object::toString).collect(Collectors.joining(",")),
                    verdict(weight.verdict(), weight.nearThreshold())
                })
                .toList();
        Set<String> columns =
                screen.table(weightColumns(report, all && !report.sets().isEmpty(), "verdict"), rows);
        more(telling.size() - shown.size());
        screen.blank();
        return columns;
    }

    /** How super weights of a quantized model are stored, and what they were in the original if one is named. */
    private void stored(DetectionReport report) {
        List<SuperWeight> weights = report.superWeights().stream()
                .filter(weight ->
                        weight.stored().isPresent() || weight.original().isPresent())
                .toList();
        List<SuperWeight> shown = limited(weights, MOST_ROWS);
        if (shown.isEmpty()) {
            return;
        }
        boolean original = shown.stream().anyMatch(weight -> weight.original().isPresent());
        boolean codes = shown.stream().anyMatch(weight -> block(weight).isPresent());
        screen.heading("How they are stored");
        screen.table(
                List.of(
                        right("layer"),
                        right("expert").visible(mixture(report)),
                        right("row"),
                        right("column"),
                        right("value"),
                        right("original").visible(original),
                        right("error").visible(original).ifRoom(),
                        right("code").visible(codes),
                        right("step").visible(codes),
                        right("without").visible(codes)),
                shown.stream().map(DetectionScreen::storedRow).toList());
        more(weights.size() - shown.size());
        shown.stream()
                .flatMap(weight -> weight.stored().flatMap(Stored::statement).stream())
                .distinct()
                .forEach(screen::paragraph);
        if (codes) {
            screen.paragraph(
                    "step: the distance of neighbouring numbers where they share a scale with the weight; without: "
                            + "the same if the scale had not to reach the weight, at most");
        }
        screen.blank();
    }

    private static Optional<Block> block(SuperWeight weight) {
        return weight.stored().flatMap(Stored::block);
    }

    private static Object[] storedRow(SuperWeight weight) {
        return new Object[] {
            weight.layer(),
            number(weight.expert()),
            weight.row(),
            weight.column(),
            Numbers.value(weight.value()),
            weight.original().map(original -> Numbers.value(original.value())).orElse(""),
            weight.original().map(original -> Numbers.value(original.error())).orElse(""),
            number(weight.stored().flatMap(Stored::code)),
            block(weight).map(block -> Numbers.value(block.step())).orElse(""),
            block(weight).flatMap(Block::stepWithout).map(Numbers::value).orElse("")
        };
    }

    private List<TableColumn> weightColumns(DetectionReport report, boolean sets, String last) {
        boolean mixture = mixture(report);
        return List.of(
                right("layer"),
                right("expert").visible(mixture),
                right("row"),
                right("column"),
                right("value"),
                right("share").ifRoom(),
                right(EffectUnit.of(report).label()),
                right("flipped").ifRoom(),
                left("sets").visible(sets),
                left(last));
    }

    /**
     * Tested weights that are none, those that do most first; and what many weights make together.
     *
     * @return the headers of the columns that are shown
     */
    private Set<String> others(DetectionReport report) {
        EffectUnit unit = EffectUnit.of(report);
        List<OtherSpike> spikes = report.otherSpikes().stream()
                .sorted(Comparator.comparingDouble((OtherSpike spike) ->
                                spike.effect().map(unit::size).orElse(-1.0))
                        .reversed())
                .toList();
        List<OtherSpike> shown = limited(spikes, FEW_ROWS);
        if (shown.isEmpty()) {
            return Set.of();
        }
        screen.heading("Other spikes");
        List<Object[]> rows = shown.stream()
                .map(spike -> new Object[] {
                    spike.layer(),
                    number(spike.expert()),
                    spike.row(),
                    spike.column(),
                    Numbers.value(spike.value()),
                    spike.streamShare().map(Numbers::share).orElse(""),
                    spike.effect().map(unit::cell).orElse(""),
                    spike.effectFlipped().map(unit::cell).orElse(""),
                    "",
                    spike.reason()
                })
                .toList();
        Set<String> columns = screen.table(weightColumns(report, false, "reason"), rows);
        more(spikes.size() - shown.size());
        screen.blank();
        return columns;
    }

    private <T> List<T> limited(List<T> rows, int most) {
        return all ? rows : rows.subList(0, Math.min(rows.size(), most));
    }

    private void more(long count) {
        if (count > 0) {
            screen.paragraph("and %d more, see the report or --all".formatted(count));
        }
    }

    /** @param columns those of the tables above, of which what is not plain is explained */
    private void measured(DetectionReport report, String unedited, Set<String> columns) {
        EffectUnit unit = EffectUnit.of(report);
        List<String> parts = new ArrayList<>();
        report.allRemoved().ifPresent(effect -> parts.add("all independent candidates together " + unit.cell(effect)));
        report.control()
                .ifPresent(control -> parts.add("%d ordinary weights of similar magnitude %s"
                        .formatted(control.weights().size(), unit.cell(control))));
        if (!parts.isEmpty()) {
            screen.paragraph("Removed for comparison: " + String.join("; ", parts) + ".");
        }
        List<String> terms = new ArrayList<>();
        if (columns.contains("share")) {
            terms.add("share: the largest part of the residual vector that the weight makes");
        }
        if (columns.contains("flipped")) {
            terms.add("flipped: its sign turned");
        }
        if (marked(report)) {
            terms.add("~: near the threshold of another verdict");
        }
        screen.paragraph("Unedited: " + unedited + "." + (terms.isEmpty() ? "" : " " + String.join("; ", terms) + "."));
        screen.terms();
        screen.blank();
    }

    private static boolean marked(DetectionReport report) {
        return report.superWeights().stream().anyMatch(SuperWeight::nearThreshold)
                || report.sets().stream().anyMatch(WeightSet::nearThreshold);
    }

    /** What stays in the residual stream, a line for each channel that stands out among these. */
    private void superActivations(DetectionReport report) {
        List<DetectionReport.SuperActivation> found = report.superActivations();
        List<DetectionReport.SuperActivation> massive = found.stream()
                .filter(one -> all
                        || one.medians() >= LEAST_OF_MOST_MASSIVE * found.get(0).medians())
                .toList();
        List<DetectionReport.SuperActivation> shown = limited(massive, FEW_ROWS);
        if (shown.isEmpty()) {
            return;
        }
        screen.heading("Super activations of the residual stream");
        List<Object[]> rows = shown.stream()
                .map(one -> new Object[] {
                    one.channel(),
                    one.firstLayer(),
                    one.lasting(),
                    Numbers.value(one.peak().value()),
                    one.peakLayer(),
                    "x" + Numbers.rounded(one.medians())
                })
                .toList();
        screen.table(
                List.of(
                        right("channel"),
                        right("from layer"),
                        right("behind layers").ifRoom(),
                        right("up to"),
                        right("in layer").ifRoom(),
                        right("of the median")),
                rows);
        more(found.size() - shown.size());
        screen.blank();
    }

    private void layers(DetectionReport report) {
        if (report.layers().isEmpty()) {
            return;
        }
        boolean mixture = mixture(report);
        List<DetectionReport.Layer> each = mixture && !all ? mostTelling(report.layers()) : report.layers();
        List<DetectionReport.Layer> spikes =
                each.stream().filter(DetectionReport.Layer::spike).toList();
        List<DetectionReport.Layer> shown = all || report.model().layers() <= MOST_LAYERS ? each : List.of();
        List<TableColumn> columns = List.of(
                right("layer"),
                right("expert").visible(mixture),
                right("input"),
                right("channel"),
                left("at").ifRoom(),
                right("output"),
                right("channel"),
                left("at").ifRoom(),
                left(""));
        if (!shown.isEmpty()) {
            screen.heading("Activation peaks of the down projections");
            screen.table(columns, shown.stream().map(DetectionScreen::row).toList());
        }
        if (shown.size() < each.size()) {
            screen.paragraph("%d of %d %s have a spike, see the report or --all"
                    .formatted(spikes.size(), each.size(), mixture ? "layers and experts" : "layers"));
        }
        if (!report.layersWithoutMlp().isEmpty()) {
            screen.paragraph(Numbers.withoutMlp(report.layersWithoutMlp()));
        }
        report.recurrences().stream()
                .max(Comparator.comparingDouble(
                        recurrence -> Math.abs(recurrence.output().value())))
                .ifPresent(largest -> screen.paragraph(
                        "largest output of linear attention or a state space: %s, in channel %d of layer %d"
                                .formatted(
                                        Numbers.value(largest.output().value()),
                                        largest.output().channel(),
                                        largest.layer())));
        screen.blank();
    }

    private static Object[] row(DetectionReport.Layer layer) {
        return new Object[] {
            layer.layer(),
            number(layer.expert()),
            Numbers.value(layer.input().value()),
            layer.input().channel(),
            at(layer.input()),
            Numbers.value(layer.output().value()),
            layer.output().channel(),
            at(layer.output()),
            layer.spike() ? "spike" : ""
        };
    }

    /** Every spike, and in each layer without one the expert with the largest output. */
    private static List<DetectionReport.Layer> mostTelling(List<DetectionReport.Layer> layers) {
        Map<Integer, List<DetectionReport.Layer>> byLayer = layers.stream()
                .collect(Collectors.groupingBy(DetectionReport.Layer::layer, TreeMap::new, Collectors.toList()));
        return byLayer.values().stream()
                .flatMap(experts -> experts.stream().anyMatch(DetectionReport.Layer::spike)
                        ? experts.stream().filter(DetectionReport.Layer::spike)
                        : experts.stream()
                                .max(Comparator.comparingDouble(
                                        expert -> Math.abs(expert.output().value())))
                                .stream())
                .toList();
    }

    private static String number(Optional<Integer> number) {
        return number.map(Object::toString).orElse("");
    }

    private static String at(Peak peak) {
        return peak.prompt() + ":" + peak.position();
    }
}
