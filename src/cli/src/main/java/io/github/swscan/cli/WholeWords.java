package io.github.swscan.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Model.ArgSpec;

/** Lays out options so that descriptions are broken at blanks only; else names of files are broken at their dots, too. */
final class WholeWords extends Help.Layout {

    /** @param usual a layout with nothing in it */
    WholeWords(Help.Layout usual) {
        super(usual.colorScheme(), usual.textTable(), usual.optionRenderer(), usual.parameterRenderer());
    }

    /** The description is in the last column. */
    @Override
    public void layout(ArgSpec argument, Text[][] rows) {
        List<Text[]> broken = new ArrayList<>();
        for (Text[] row : rows) {
            int last = row.length - 1;
            Column column = table.columns()[last];
            for (Text line : lines(row[last], column.width - column.indent)) {
                Text[] cells = row.clone();
                if (!broken.isEmpty()) {
                    Arrays.fill(cells, Help.Ansi.OFF.text(""));
                }
                cells[last] = line;
                broken.add(cells);
            }
        }
        super.layout(argument, broken.toArray(Text[][]::new));
    }

    /** Those after the first are indented, as the table does it. */
    private List<Text> lines(Text text, int width) {
        String indent = " ".repeat(table.indentWrappedLines);
        List<Text> lines = new ArrayList<>();
        String plain = text.plainString();
        int start = 0;
        while (start < plain.length()) {
            int room = lines.isEmpty() ? width : width - indent.length();
            int end = plain.length() - start <= room ? plain.length() : plain.lastIndexOf(' ', start + room);
            if (end <= start) {
                end = plain.indexOf(' ', start) < 0 ? plain.length() : plain.indexOf(' ', start);
            }
            Text line = text.substring(start, end);
            lines.add(lines.isEmpty() ? line : colorScheme.ansi().text(indent).concat(line));
            start = end + 1;
        }
        return lines.isEmpty() ? List.of(text) : lines;
    }
}
