package io.github.swscan.cli.screen;

import io.github.swscan.input.PrintableText;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Help.Ansi;

/** Prints headings, named values and tables, in lines of some width. Names in them may come from untrusted files. */
public final class Screen {

    /** What values are indented by. */
    private static final int NAME_WIDTH = 12;

    private final PrintWriter out;
    private final Ansi ansi;
    private final int width;

    /**
     * For one output.
     *
     * @param width how many characters a line has
     */
    public Screen(PrintWriter out, Ansi ansi, int width) {
        this.out = out;
        this.ansi = ansi;
        this.width = width;
    }

    /** One whose lines are as long as those of standard output. */
    public static Screen ofStandardOutput(PrintWriter out, Ansi ansi) {
        return new Screen(out, ansi, Terminal.columns());
    }

    public void heading(String text) {
        out.println(ansi.string("@|bold " + text + "|@"));
    }

    /** A named value, in lines that are full where its words allow. */
    public void value(String name, String value) {
        Lines.of(("%-" + NAME_WIDTH + "s").formatted(name), " ".repeat(NAME_WIDTH), value, width)
                .forEach(this::text);
    }

    /** A line, however long: names of files are not broken. */
    public void text(String line) {
        out.println(PrintableText.escaped(line));
    }

    /** Text in lines that are full where its words allow. */
    public void paragraph(String text) {
        Lines.of(text, width).forEach(this::text);
    }

    /** Where the words on the screen are explained. */
    void terms() {
        text("What the words mean: swscan help terms");
    }

    /** A point of a list, wrapped. */
    public void item(String text) {
        Lines.of("- ", "  ", PrintableText.escaped(text), width).forEach(this::text);
    }

    public void blank() {
        out.println();
    }

    public void flush() {
        out.flush();
    }

    /**
     * A table, as far as the width allows; what is left out is named.
     *
     * @return the headers of the columns that it has
     */
    public Set<String> table(List<TableColumn> columns, List<Object[]> rows) {
        Table table = new Table(
                columns,
                rows.stream()
                        .map(row -> Arrays.stream(row)
                                .map(cell -> PrintableText.escaped(cell.toString()))
                                .toList())
                        .toList());
        Table.Shown shown = table.shown(width, new VerdictColours(ansi));
        shown.lines().forEach(out::println);
        if (!shown.leftOut().isEmpty()) {
            paragraph("no room for: " + String.join(", ", shown.leftOut()));
        }
        return columns.stream()
                .filter(TableColumn::visible)
                .map(TableColumn::header)
                .filter(header -> !shown.leftOut().contains(header))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** A text of several lines, with signs for what would break it. */
    static String inOneLine(String text) {
        return text.replace("\n", "\\n").replace("\t", "\\t");
    }
}
