package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.Screen.left;
import static io.github.swscan.cli.screen.Screen.right;

import com.github.freva.asciitable.Column;
import io.github.swscan.report.AblationReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What each variant does to the predictions: a table like Table 1 of the paper. */
final class VariantsTable {

    private VariantsTable() {}

    static void print(AblationReport report, Screen screen) {
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
                    Numbers.percentage(effect.topTokenAgreement().value()),
                    Numbers.value(effect.entropy().value()),
                    percentage(effect.stopWordMass())));
        }
        screen.table(columns, rows);
        boolean intervals = baseline.entropy().low().isPresent();
        screen.text((intervals
                        ? "in brackets: 95 %% confidence, from resampling %d sequences; "
                                .formatted(report.run().sequences())
                        : "")
                + "agreement: equal top tokens");
        if (!baseline.tasks().isEmpty()) {
            screen.text("tasks: accuracy with its standard error, of multiple choice by length-normalized likelihood");
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
