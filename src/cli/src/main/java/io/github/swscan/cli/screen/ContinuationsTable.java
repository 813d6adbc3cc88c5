package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.TableColumn.left;
import static io.github.swscan.cli.screen.TableColumn.right;
import static io.github.swscan.cli.screen.TableColumn.wrapped;

import io.github.swscan.report.AblationReport;
import io.github.swscan.report.text.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** How a text goes on in the unedited model and in each variant. */
final class ContinuationsTable {

    /** Of a text that is continued; the report has all of them. */
    private static final int MOST_CHARACTERS = 160;

    private ContinuationsTable() {}

    static void print(AblationReport report, AblationReport.Generation generation, Screen screen) {
        screen.heading("How a text goes on, with the most likely tokens");
        screen.paragraph(shown(generation.prompt()) + " ...");
        boolean loops = report.baseline().loopRate().isPresent()
                || report.variants().stream()
                        .anyMatch(variant -> variant.loopRate().isPresent());
        List<Object[]> rows = new ArrayList<>();
        AblationReport.Baseline baseline = report.baseline();
        baseline.continuation().ifPresent(continuation -> rows.add(row("original", baseline.loopRate(), continuation)));
        report.variants().forEach(variant -> variant.continuation()
                .ifPresent(continuation -> rows.add(row(variant.name(), variant.loopRate(), continuation))));
        screen.table(List.of(left("variant"), right("loops").visible(loops), wrapped("... continuation")), rows);
        if (loops) {
            screen.paragraph("loops: tokens that complete four in a row that stood in the same continuation before");
        }
    }

    private static Object[] row(String name, Optional<Double> loopRate, AblationReport.Text continuation) {
        return new Object[] {name, loopRate.map(Numbers::percentage).orElse(""), shown(continuation)};
    }

    /** Without a tokenizer the ids. */
    private static String shown(AblationReport.Text text) {
        String line = Screen.inOneLine(text.text()
                .orElseGet(() -> text.tokens().stream().map(Object::toString).collect(Collectors.joining(" "))));
        return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + "...";
    }
}
