package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.Screen.left;
import static io.github.swscan.cli.screen.Screen.right;

import com.github.freva.asciitable.Column;
import io.github.swscan.report.AblationReport;
import io.github.swscan.scan.AblationPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What {@code swscan ablate} prints: a table like Table 1 of the paper. */
public final class AblationScreen {

    /** Of a text that is continued; the report has all of them. */
    private static final int MOST_CHARACTERS = 160;

    private final Screen screen;

    public AblationScreen(Screen screen) {
        this.screen = screen;
    }

    /** How many variants were run, and in how many readings. */
    void plan(AblationPlan plan) {
        screen.value(
                "variants",
                "%s, side by side with the original in %s%s"
                        .formatted(
                                Numbers.grouped(plan.variants()),
                                readings(plan.readings()),
                                plan.furtherReadings() == 0
                                        ? ""
                                        : ", %s for the continuations".formatted(readings(plan.furtherReadings()))));
        screen.blank();
        screen.flush();
    }

    private static String readings(int count) {
        return count == 1 ? "1 reading" : Numbers.grouped(count) + " readings";
    }

    public void copy(String variant, String folder) {
        screen.text("Copy with " + variant + ": " + folder);
        screen.flush();
    }

    public void result(AblationReport report, Path reportFile) {
        screen.heading("Weights");
        weights(report);
        screen.blank();
        screen.heading("What changing them does");
        variants(report);
        screen.text("in brackets: 95 %% confidence, from resampling %d sequences; agreement: equal top tokens"
                .formatted(report.run().sequences()));
        if (!report.baseline().tasks().isEmpty()) {
            screen.text("tasks: accuracy with its standard error, of multiple choice by length-normalized likelihood");
        }
        screen.blank();
        interactions(report);
        shifts(report);
        report.generation().ifPresent(generation -> continuations(report, generation));
        report.notes().forEach(screen::text);
        screen.text("Report: " + reportFile);
        screen.flush();
    }

    private void weights(AblationReport report) {
        boolean mixture =
                report.weights().stream().anyMatch(weight -> weight.expert().isPresent());
        List<Column> columns = List.of(
                left("#"),
                left("tensor"),
                right("expert").visible(mixture),
                right("row"),
                right("column"),
                right("value"));
        List<Object[]> rows = new ArrayList<>();
        for (AblationReport.Weight weight : report.weights()) {
            rows.add(new Object[] {
                "#" + weight.number(),
                weight.tensor(),
                weight.expert().map(Object::toString).orElse(""),
                weight.row(),
                weight.column(),
                Numbers.value(weight.value())
            });
        }
        screen.table(columns, rows);
    }

    private void variants(AblationReport report) {
        boolean stopWords = report.baseline().stopWordMass().isPresent();
        List<Column> columns = new ArrayList<>(List.of(
                left("variant"),
                left("model"),
                right("perplexity"),
                right("ratio"),
                left(""),
                right("KL"),
                right("agreement"),
                right("entropy"),
                right("stop words").visible(stopWords)));
        List<Object[]> rows = new ArrayList<>();
        AblationReport.Baseline baseline = report.baseline();
        baseline.tasks().forEach(task -> columns.add(right(fileName(task.name()))));
        rows.add(row(
                baseline.tasks(),
                "",
                "original",
                Numbers.value(baseline.perplexity()),
                "",
                "",
                "",
                "",
                Numbers.value(baseline.entropy().value()),
                percentage(baseline.stopWordMass())));
        for (AblationReport.Variant variant : report.variants()) {
            AblationReport.Effect effect = variant.effect();
            rows.add(row(
                    variant.tasks(),
                    variant.name(),
                    variant.description(),
                    Numbers.value(effect.perplexity()),
                    Numbers.ratio(effect.perplexityRatio().value()),
                    interval(effect.perplexityRatio()),
                    Numbers.nats(effect.klDivergence().value()),
                    percentage(effect.topTokenAgreement().value()),
                    Numbers.value(effect.entropy().value()),
                    percentage(effect.stopWordMass())));
        }
        screen.table(columns, rows);
    }

    /** One line of the table: the tasks come last. */
    private static Object[] row(List<AblationReport.TaskScore> tasks, Object... cells) {
        return Stream.concat(Arrays.stream(cells), tasks.stream().map(AblationScreen::accuracy))
                .toArray();
    }

    private static String accuracy(AblationReport.TaskScore task) {
        AblationReport.Statistic accuracy = task.accuracyNormalized().orElse(task.accuracy());
        return accuracy.standardError()
                .map(error -> "%s +- %.1f".formatted(percentage(accuracy.value()), 100 * error))
                .orElseGet(() -> percentage(accuracy.value()));
    }

    private static String fileName(String path) {
        return path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
    }

    private static String interval(AblationReport.Estimate estimate) {
        return estimate.low().isEmpty()
                ? ""
                : "[%s, %s]"
                        .formatted(
                                Numbers.ratio(estimate.low().get()),
                                Numbers.ratio(estimate.high().orElseThrow()));
    }

    private static String percentage(Optional<AblationReport.Estimate> share) {
        return share.map(estimate -> percentage(estimate.value())).orElse("");
    }

    private static String percentage(double share) {
        return Numbers.percentage(share);
    }

    private void interactions(AblationReport report) {
        List<Object[]> rows = new ArrayList<>();
        for (AblationReport.Variant variant : report.variants()) {
            variant.interaction()
                    .ifPresent(interaction -> rows.add(new Object[] {
                        variant.description(),
                        Numbers.nats(interaction.sum()),
                        Numbers.nats(interaction.joint()),
                        Numbers.nats(interaction.excess())
                    }));
        }
        if (!rows.isEmpty()) {
            screen.heading("Together and alone, in nats of mean NLL");
            screen.table(List.of(left("pair"), right("sum of each"), right("together"), right("excess")), rows);
            screen.text("excess above 0: each hides what the other does; below 0: one alone does much of the damage");
            screen.blank();
        }
        for (AblationReport.Variant variant : report.variants()) {
            variant.recovery()
                    .ifPresent(recovery -> screen.text("putting the super activation back recovers %s of the damage"
                            .formatted(percentage(recovery))));
        }
    }

    /** The tokens that gain and lose most when all weights are removed. */
    private void shifts(AblationReport report) {
        report.variants().stream()
                .filter(variant -> variant.kind().equals("remove")
                        && variant.weights().size() == report.weights().size())
                .findFirst()
                .ifPresent(variant -> {
                    screen.text("tokens that gain most when " + variant.description() + ": " + named(variant.gained()));
                    screen.text("tokens that lose most: " + named(variant.lost()));
                });
    }

    private void continuations(AblationReport report, AblationReport.Generation generation) {
        screen.blank();
        screen.heading("How a text goes on, with the most likely tokens");
        screen.text(shown(generation.prompt()) + " ...");
        List<Object[]> rows = new ArrayList<>();
        report.baseline()
                .continuation()
                .ifPresent(continuation -> rows.add(new Object[] {"original", shown(continuation)}));
        report.variants().forEach(variant -> variant.continuation()
                .ifPresent(continuation -> rows.add(new Object[] {variant.name(), shown(continuation)})));
        screen.table(List.of(left("variant"), left("... continuation")), rows);
        screen.blank();
    }

    /** Without a tokenizer the ids. */
    private static String shown(AblationReport.Text text) {
        String line = inOneLine(text.text()
                .orElseGet(() -> text.tokens().stream().map(Object::toString).collect(Collectors.joining(" "))));
        return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + "...";
    }

    private static String inOneLine(String text) {
        return text.replace("\n", "\\n").replace("\t", "\\t");
    }

    private static String named(List<AblationReport.ProbabilityShift> shifts) {
        return shifts.stream()
                .map(shift -> "%s %s -> %s"
                        .formatted(
                                shift.text()
                                        .map(text -> "'" + inOneLine(text) + "'")
                                        .orElse("token " + shift.token()),
                                percentage(shift.before()),
                                percentage(shift.after())))
                .collect(Collectors.joining(", "));
    }
}
