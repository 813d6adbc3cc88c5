package io.github.swscan.cli.screen;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import io.github.swscan.input.PrintableText;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Help.Ansi;

/** Prints headings, named values and tables. Names in them may come from untrusted files. */
public final class Screen {

    private static final int WIDTH = 80;

    private final PrintWriter out;
    private final Ansi ansi;

    public Screen(PrintWriter out, Ansi ansi) {
        this.out = out;
        this.ansi = ansi;
    }

    public void heading(String text) {
        out.println(ansi.string("@|bold " + text + "|@"));
    }

    /** A named value, in lines of at most {@value #WIDTH} characters where its words allow. */
    public void value(String name, String value) {
        lines("%-12s".formatted(name), " ".repeat(12), value).forEach(this::text);
    }

    public void text(String line) {
        out.println(PrintableText.escaped(line));
    }

    /** Text in lines of at most {@value #WIDTH} characters, where its words allow. */
    public void paragraph(String text) {
        lines("", "", text).forEach(this::text);
    }

    /** @param start of the first line; those after it begin with the indent */
    private static List<String> lines(String start, String indent, String text) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder(start);
        boolean empty = true;
        for (String word : text.split(" ", -1)) {
            if (!empty && line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line.setLength(0);
                line.append(indent);
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
            empty = false;
        }
        lines.add(line.toString());
        return lines;
    }

    public void blank() {
        out.println();
    }

    public void flush() {
        out.flush();
    }

    public void table(List<Column> columns, List<Object[]> rows) {
        Object[][] cells = rows.stream()
                .map(row -> Arrays.stream(row).map(Screen::printable).toArray())
                .toArray(Object[][]::new);
        out.println(AsciiTable.builder()
                .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
                .styler(new VerdictColours(ansi))
                .data(columns.toArray(Column[]::new), cells)
                .asString());
    }

    /** A text of several lines, with signs for what would break it. */
    static String inOneLine(String text) {
        return text.replace("\n", "\\n").replace("\t", "\\t");
    }

    private static Object printable(Object cell) {
        return cell instanceof String text ? PrintableText.escaped(text) : cell;
    }

    public static Column left(String header) {
        return column(header, HorizontalAlign.LEFT);
    }

    public static Column right(String header) {
        return column(header, HorizontalAlign.RIGHT);
    }

    /** A column of sentences, in lines of at most so many characters. */
    public static Column wrapped(String header, int width) {
        return left(header).maxWidth(width, OverflowBehaviour.NEWLINE);
    }

    private static Column column(String header, HorizontalAlign align) {
        // Wide enough for any tensor's name: a name is never broken.
        return new Column().header(header).headerAlign(align).dataAlign(align).maxWidth(1000);
    }
}
