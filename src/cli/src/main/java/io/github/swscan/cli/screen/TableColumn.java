package io.github.swscan.cli.screen;

import com.github.freva.asciitable.HorizontalAlign;

/**
 * A column of a table.
 *
 * @param header what stands above it; may be empty
 * @param visible whether the table has it at all
 * @param fit what becomes of it where the table is wider than the screen
 */
public record TableColumn(String header, HorizontalAlign align, boolean visible, Fit fit) {

    /** What becomes of a column where a table is wider than the screen. */
    enum Fit {
        KEPT,
        /** Its sentences are broken between words; one column of a table at most. */
        WRAPPED,
        /** It is left out, the first of these first. */
        LEFT_OUT,
        /** It goes beyond the line; only the last column does. */
        BEYOND
    }

    public static TableColumn left(String header) {
        return new TableColumn(header, HorizontalAlign.LEFT, true, Fit.KEPT);
    }

    public static TableColumn right(String header) {
        return new TableColumn(header, HorizontalAlign.RIGHT, true, Fit.KEPT);
    }

    /** A column of sentences. */
    public static TableColumn wrapped(String header) {
        return new TableColumn(header, HorizontalAlign.LEFT, true, Fit.WRAPPED);
    }

    /** A column of names of files, which are not broken; the last one. */
    public static TableColumn paths(String header) {
        return new TableColumn(header, HorizontalAlign.LEFT, true, Fit.BEYOND);
    }

    /** The same, or none. */
    public TableColumn visible(boolean shown) {
        return new TableColumn(header, align, shown, fit);
    }

    /** The same for what can be done without. */
    public TableColumn ifRoom() {
        return new TableColumn(header, align, visible, Fit.LEFT_OUT);
    }
}
