package io.github.swscan.report.html;

/**
 * A column of a table.
 *
 * @param style how its cells are set, as a class of report.css
 */
record Column(String label, String style) {

    static Column text(String label) {
        return new Column(label, "text");
    }

    /** Some words, which need room. */
    static Column words(String label) {
        return new Column(label, "text words");
    }

    static Column number(String label) {
        return new Column(label, "number");
    }

    /** Names and places that are copied, letter by letter. */
    static Column code(String label) {
        return new Column(label, "code");
    }

    /** Short names of weights. */
    static Column place(String label) {
        return new Column(label, "code place");
    }

    static Column verdict(String label) {
        return new Column(label, "verdict");
    }
}
