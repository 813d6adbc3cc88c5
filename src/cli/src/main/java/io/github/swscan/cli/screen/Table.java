package io.github.swscan.cli.screen;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.Styler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A table for a screen of some width. Where it is wider, sentences are broken into lines; where that is not enough, columns
 * that can be done without are left out; and where that is not enough either, it becomes a list, with a line for each
 * cell. No word and no number is broken, but of a sentence what is no word any more.
 */
final class Table {

    /** Sentences in narrower columns are hard to read. */
    private static final int NARROWEST = 20;

    /** What is longer is none: models that lost a super weight write such things. */
    private static final int LONGEST_WORD = 40;

    private final List<TableColumn> columns;
    private final List<List<String>> rows;

    /** @param rows with a cell for each column, those included that are not visible */
    Table(List<TableColumn> columns, List<List<String>> rows) {
        List<Integer> visible = IntStream.range(0, columns.size())
                .filter(i -> columns.get(i).visible())
                .boxed()
                .toList();
        this.columns = visible.stream().map(columns::get).toList();
        this.rows = rows.stream()
                .map(row -> visible.stream().map(row::get).toList())
                .toList();
    }

    /**
     * What is shown.
     *
     * @param lines one after the other
     * @param leftOut the headers of the columns for which there was no room
     */
    record Shown(List<String> lines, List<String> leftOut) {}

    Shown shown(int width, Styler styler) {
        List<String> leftOut = new ArrayList<>();
        for (Table table = this; ; table = table.without(leftOut.get(leftOut.size() - 1))) {
            if (table.leastWidth() <= width) {
                return new Shown(table.lines(width, styler), List.copyOf(leftOut));
            }
            Optional<TableColumn> next = table.columns.stream()
                    .filter(column -> column.fit() == TableColumn.Fit.LEFT_OUT)
                    .findFirst();
            if (next.isEmpty()) {
                return new Shown(list(width), List.of());
            }
            leftOut.add(next.get().header());
        }
    }

    /** Without any column of this header that can be done without: one alone would be thought the one that is named. */
    private Table without(String header) {
        return new Table(
                columns.stream()
                        .map(column -> column.visible(column.fit() != TableColumn.Fit.LEFT_OUT
                                || !column.header().equals(header)))
                        .toList(),
                rows);
    }

    /** How wide it is with sentences broken into lines. */
    private int leastWidth() {
        return width(Optional.empty());
    }

    /** Of the whole table, or of all but one column. */
    private int width(Optional<Integer> without) {
        int borders = columns.size() - 1;
        return borders
                + IntStream.range(0, columns.size())
                        .map(i -> 2 + (without.equals(Optional.of(i)) ? 0 : leastWidth(i)))
                        .sum();
    }

    private int leastWidth(int column) {
        int full = texts(column).mapToInt(String::length).max().orElse(0);
        return switch (columns.get(column).fit()) {
            case KEPT, LEFT_OUT -> full;
            case WRAPPED -> {
                int word = texts(column).mapToInt(Lines::longestWord).max().orElse(0);
                yield Math.min(full, Math.max(NARROWEST, Math.min(LONGEST_WORD, word)));
            }
            case BEYOND -> columns.get(column).header().length();
        };
    }

    private Stream<String> texts(int column) {
        return Stream.concat(
                Stream.of(columns.get(column).header()), rows.stream().map(row -> row.get(column)));
    }

    private List<String> lines(int width, Styler styler) {
        Column[] shown = columns.stream().map(Table::column).toArray(Column[]::new);
        Object[][] cells = rows.stream()
                .map(row -> IntStream.range(0, row.size())
                        .mapToObj(i -> cell(row.get(i), i, width))
                        .toArray())
                .toArray(Object[][]::new);
        return AsciiTable.builder()
                .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
                .styler(styler)
                .data(shown, cells)
                .asString()
                .lines()
                .map(line -> line.startsWith("-") ? line.substring(0, Math.min(width, line.length())) : line)
                .map(String::stripTrailing)
                .toList();
    }

    private String cell(String text, int column, int width) {
        if (columns.get(column).fit() != TableColumn.Fit.WRAPPED) {
            return text;
        }
        int room = width - width(Optional.of(column));
        return String.join("\n", Lines.of(Lines.withoutLongWords(text, room), room));
    }

    private static Column column(TableColumn column) {
        // Wide enough for any cell: the widths have been seen to.
        return new Column()
                .header(column.header())
                .headerAlign(column.align())
                .dataAlign(column.align())
                .maxWidth(Integer.MAX_VALUE / 2);
    }

    /** A line for each cell that is not empty, and an empty one between rows. */
    private List<String> list(int width) {
        int names = columns.stream()
                .mapToInt(column -> column.header().length())
                .max()
                .orElse(0);
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            if (!lines.isEmpty()) {
                lines.add("");
            }
            for (int i = 0; i < row.size(); i++) {
                if (!row.get(i).isBlank()) {
                    String name = " " + columns.get(i).header()
                            + " ".repeat(names - columns.get(i).header().length() + 2);
                    lines.addAll(Lines.of(name, " ".repeat(name.length()), row.get(i), width));
                }
            }
        }
        return lines;
    }
}
