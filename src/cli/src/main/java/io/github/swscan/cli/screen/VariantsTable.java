package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.right;
import static io.github.swscan.cli.screen.TableColumn.wrapped;

import io.github.swscan.report.AblationReport;
import io.github.swscan.report.text.Numbers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What each variant does to the predictions: a table like Table 1 of the paper. */
final class VariantsTable {

    private static final String ORIGINAL = "original";

    private VariantsTable() {}

    /** Two tables, so that neither is wider than a terminal. */
    static void print(AblationReport report, Screen screen) {
        effects(report, screen);
        screen.blank();
        screen.heading("What was changed, and how the model predicts");
        predictions(report, screen);
    }

    private static void effects(AblationReport report, Screen screen) {
        AblationReport.Baseline baseline = report.baseline();
        boolean intervals = baseline.entropy().low().isPresent();
        List<Object[]> rows = new ArrayList<>();
        rows.add(new Object[] {ORIGINAL, Numbers.value(baseline.perplexity()), "", "", "", ""});
        report.variants().forEach(variant -> {
            AblationReport.Effect effect = variant.effect();
            rows.add(new Object[] {
                variant.name(),
                Numbers.value(effect.perplexity()),
                Numbers.ratio(effect.perplexityRatio().value()),
                interval(effect.perplexityRatio()),
                Numbers.nats(effect.klDivergence().value()),
                Numbers.percentage(effect.topTokenAgreement().value())
            });
        });
        Set<String> columns = screen.table(
                List.of(
                        left("variant"),
                        right("perplexity"),
                        right("ratio"),
                        left("95 % interval").visible(intervals).ifRoom(),
                        right("KL"),
                        right("agreement").ifRoom()),
                rows);
        screen.paragraph("ratio: to the perplexity of the original; KL: divergence from it in nats a token"
                + (columns.contains("agreement") ? "; agreement: equal top tokens" : "")
                + (columns.contains("95 % interval")
                        ? "; 95 %% confidence from resampling %d sequences"
                                .formatted(report.run().sequences())
                        : ""));
        screen.terms();
    }

    private static void predictions(AblationReport report, Screen screen) {
        AblationReport.Baseline baseline = report.baseline();
        List<TableColumn> columns = new ArrayList<>(List.of(
                left("variant"),
                wrapped("model"),
                right("entropy"),
                right("stop words").visible(baseline.stopWordMass().isPresent())));
        baseline.tasks().forEach(task -> columns.add(right(fileName(task.name()))));
        List<Object[]> rows = new ArrayList<>();
        rows.add(row(
                baseline.tasks(),
                ORIGINAL,
                "",
                Numbers.value(baseline.entropy().value()),
                percentage(baseline.stopWordMass())));
        report.variants()
                .forEach(variant -> rows.add(row(
                        variant.tasks(),
                        variant.name(),
                        variant.description(),
                        Numbers.value(variant.effect().entropy().value()),
                        percentage(variant.effect().stopWordMass()))));
        screen.table(columns, rows);
        if (!baseline.tasks().isEmpty()) {
            screen.paragraph(
                    "tasks: accuracy with its standard error, of multiple choice by length-normalized likelihood");
        }
    }

    /** One line of the table: the tasks come last. */
    private static Object[] row(List<AblationReport.TaskScore> tasks, Object... cells) {
        return Stream.concat(Arrays.stream(cells), tasks.stream().map(VariantsTable::accuracy))
                .toArray();
    }

    private static String accuracy(AblationReport.TaskScore task) {
        AblationReport.Statistic accuracy = task.accuracyNormalized().orElse(task.accuracy());
        return accuracy.standardError()
                .map(error -> "%s +- %.1f".formatted(Numbers.percentage(accuracy.value()), 100 * error))
                .orElseGet(() -> Numbers.percentage(accuracy.value()));
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
        return share.map(estimate -> Numbers.percentage(estimate.value())).orElse("");
    }
}
