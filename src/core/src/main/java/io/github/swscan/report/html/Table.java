package io.github.swscan.report.html;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A table of a page. Its first rows are part of the page, the others are embedded as data and shown when asked for.
 *
 * @param id unique within the page
 * @param caption what it holds, in a few words
 * @param rows a text for each column, safe to show
 * @param limit how many rows are part of the page
 */
record Table(String id, String caption, List<Column> columns, List<List<String>> rows, int limit) {

    /** Of cells as they come; columns without any content are left out. */
    static Table of(String id, String caption, List<Column> columns, int limit, Stream<List<String>> rows) {
        List<List<String>> safe =
                rows.map(row -> row.stream().map(VisibleText::of).toList()).toList();
        List<Integer> filled = IntStream.range(0, columns.size())
                .filter(column -> safe.stream().anyMatch(row -> !row.get(column).isEmpty()))
                .boxed()
                .toList();
        return new Table(
                id,
                caption,
                filled.stream().map(columns::get).toList(),
                safe.stream().map(row -> filled.stream().map(row::get).toList()).toList(),
                limit);
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    List<List<String>> first() {
        return rows.subList(0, Math.min(limit, rows.size()));
    }

    /** Those that are not part of the page, column by column. */
    List<List<String>> furtherColumns() {
        List<List<String>> further = rows.subList(first().size(), rows.size());
        List<List<String>> columnwise = new ArrayList<>();
        for (int column = 0; column < columns.size(); column++) {
            int index = column;
            columnwise.add(further.stream().map(row -> row.get(index)).toList());
        }
        return columnwise;
    }

    boolean isCut() {
        return rows.size() > limit;
    }

    /** The class of a cell; the first word of a verdict is one by itself. */
    String style(int column, String cell) {
        String style = columns.get(column).style();
        return style.equals("verdict") ? "verdict " + cell.split("[^a-z]", 2)[0] : style;
    }
}
