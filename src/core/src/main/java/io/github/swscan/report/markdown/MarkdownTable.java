package io.github.swscan.report.markdown;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A table, whose cells are Markdown already. */
final class MarkdownTable {

    private final List<List<String>> rows = new ArrayList<>();

    /** @param headings those ending in {@code :} are of columns of numbers */
    MarkdownTable(String... headings) {
        rows.add(Arrays.stream(headings)
                .map(heading -> heading.replaceFirst(":$", ""))
                .toList());
        rows.add(Arrays.stream(headings)
                .map(heading -> heading.endsWith(":") ? "---:" : "---")
                .toList());
    }

    MarkdownTable row(Object... cells) {
        rows.add(Arrays.stream(cells).map(String::valueOf).toList());
        return this;
    }

    @Override
    public String toString() {
        return rows.stream().map(MarkdownTable::line).collect(Collectors.joining("\n", "", "\n"));
    }

    private static String line(List<String> cells) {
        return cells.stream().map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ", "| ", " |"));
    }
}
