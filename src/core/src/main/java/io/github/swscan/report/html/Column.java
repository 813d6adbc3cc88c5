package io.github.swscan.report.html;

/**
 * A column of a table.
 *
 * @param style how its cells are set: {@code text}, {@code number}, {@code code} or {@code verdict}
 */
record Column(String label, String style) {

    static Column text(String label) {
        return new Column(label, "text");
    }

    static Column number(String label) {
        return new Column(label, "number");
    }

    /** Names and places that are copied, letter by letter. */
    static Column code(String label) {
        return new Column(label, "code");
    }

    static Column verdict(String label) {
        return new Column(label, "verdict");
    }
}
