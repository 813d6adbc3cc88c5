package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.Screen.left;
import static io.github.swscan.cli.screen.Screen.right;

import com.github.freva.asciitable.Column;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.Peak;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code swscan detect} prints. */
public final class DetectionScreen {

    private static final int MOST_NON_FINITE = 20;

    private final Screen screen;

    public DetectionScreen(Screen screen) {
        this.screen = screen;
    }

    public void result(DetectionReport report, Path reportFile) {
        if (!report.layers().isEmpty()) {
            screen.heading("Activation peaks of the down projections");
            layers(report);
            screen.blank();
        }
        nonFinite(report);
        report.baseline().ifPresent(baseline -> found(report, baseline));
        report.notes().forEach(screen::text);
        screen.text("Report: " + reportFile);
        screen.flush();
    }

    private void found(DetectionReport report, DetectionReport.Baseline baseline) {
        if (report.superWeights().isEmpty()) {
            screen.heading("No super weight found");
        } else {
            screen.heading("Super weights");
            superWeights(report);
        }
        effects(report, baseline);
        otherSpikes(report);
    }

    private void nonFinite(DetectionReport report) {
        if (report.nonFinite().isEmpty()) {
            return;
        }
        screen.heading("Weights that are no finite numbers");
        boolean mixture =
                report.nonFinite().stream().anyMatch(tensor -> tensor.expert().isPresent());
        List<Column> columns = List.of(
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
        screen.text("of each tensor the first" + (more > 0 ? "; the report has " + more + " more tensors" : ""));
        screen.blank();
    }

    private void layers(DetectionReport report) {
        boolean mixture =
                report.layers().stream().anyMatch(layer -> layer.expert().isPresent());
        List<Column> columns = List.of(
                right("layer"),
                right("expert").visible(mixture),
                right("input peak"),
                right("channel"),
                left("at"),
                right("output peak"),
                right("channel"),
                left("at"),
                left(""));
        List<Object[]> rows = new ArrayList<>();
        for (DetectionReport.Layer layer : mixture ? mostTelling(report.layers()) : report.layers()) {
            rows.add(new Object[] {
                layer.layer(),
                number(layer.expert()),
                Numbers.value(layer.input().value()),
                layer.input().channel(),
                at(layer.input()),
                Numbers.value(layer.output().value()),
                layer.output().channel(),
                at(layer.output()),
                layer.spike() ? "<- spike" : ""
            });
        }
        screen.table(columns, rows);
        if (mixture) {
            screen.text(
                    "of each layer the expert with the largest output, and every spike; the report has all experts");
        }
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

    private void superWeights(DetectionReport report) {
        boolean mixture = report.superWeights().stream()
                .anyMatch(weight -> weight.expert().isPresent());
        List<Column> columns = List.of(
                right("#"),
                left("tensor"),
                right("expert").visible(mixture),
                right("row"),
                right("column"),
                right("value"),
                right("share"),
                right("perplexity"),
                right("KL"),
                right("group"),
                left("verdict"));
        List<Object[]> rows = new ArrayList<>();
        for (DetectionReport.SuperWeight weight : report.superWeights()) {
            rows.add(new Object[] {
                weight.rank(),
                weight.tensor(),
                number(weight.expert()),
                weight.row(),
                weight.column(),
                Numbers.value(weight.value()),
                Numbers.share(weight.contributionShare()),
                Numbers.ratio(weight.effect().perplexityRatio()),
                Numbers.nats(weight.effect().klDivergence()),
                weight.group().map(Object::toString).orElse(""),
                weight.verdict().toString()
            });
        }
        screen.table(columns, rows);
        screen.text("perplexity, KL: what removing this weight alone does; share: its part of the output spike");
        screen.blank();
    }

    /** Groups, everything, and the control, each with what its removal does. */
    private void effects(DetectionReport report, DetectionReport.Baseline baseline) {
        List<Object[]> rows = new ArrayList<>();
        for (DetectionReport.Group group : report.groups()) {
            rows.add(effect("group " + group.group() + " (" + group.members().size() + " weights)", group.effect()));
        }
        report.allRemoved().ifPresent(effect -> rows.add(effect("all independent candidates", effect)));
        report.control()
                .ifPresent(control -> rows.add(new Object[] {
                    "control (" + control.weights().size() + " ordinary weights of similar magnitude)",
                    Numbers.ratio(control.perplexityRatio()),
                    Numbers.nats(control.klDivergence())
                }));
        if (!rows.isEmpty()) {
            screen.table(List.of(left("removed together"), right("perplexity"), right("KL")), rows);
        }
        screen.text("baseline: perplexity %s, mean NLL %s nats over %s predicted tokens"
                .formatted(
                        Numbers.value(baseline.perplexity()),
                        Numbers.nats(baseline.meanNll()),
                        Numbers.grouped(baseline.tokens())));
        screen.blank();
    }

    private static Object[] effect(String name, DetectionReport.Effect effect) {
        return new Object[] {name, Numbers.ratio(effect.perplexityRatio()), Numbers.nats(effect.klDivergence())};
    }

    private void otherSpikes(DetectionReport report) {
        if (report.otherSpikes().isEmpty()) {
            return;
        }
        screen.heading("Other spikes");
        boolean mixture =
                report.otherSpikes().stream().anyMatch(spike -> spike.expert().isPresent());
        List<Column> columns = List.of(
                left("reason"),
                left("tensor"),
                right("expert").visible(mixture),
                right("row"),
                right("column"),
                right("output peak"),
                right("share"),
                right("perplexity"),
                right("KL"),
                right("group"));
        List<Object[]> rows = new ArrayList<>();
        for (DetectionReport.OtherSpike spike : report.otherSpikes()) {
            Optional<DetectionReport.Effect> effect = spike.effect();
            rows.add(new Object[] {
                spike.reason(),
                spike.tensor(),
                number(spike.expert()),
                spike.row(),
                spike.column(),
                Numbers.value(spike.output().value()),
                Numbers.share(spike.contributionShare()),
                effect.map(DetectionReport.Effect::perplexityRatio)
                        .map(Numbers::ratio)
                        .orElse(""),
                effect.map(DetectionReport.Effect::klDivergence)
                        .map(Numbers::nats)
                        .orElse(""),
                spike.group().map(Object::toString).orElse("")
            });
        }
        screen.table(columns, rows);
        screen.blank();
    }

    private static String at(Peak peak) {
        return "prompt " + peak.prompt() + ", position " + peak.position();
    }
}
