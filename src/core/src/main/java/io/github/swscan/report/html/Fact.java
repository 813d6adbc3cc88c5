package io.github.swscan.report.html;

/** A name and what goes with it, safe to show. */
record Fact(String name, String value) {

    static Fact of(String name, String value) {
        return new Fact(name, VisibleText.of(value));
    }
}
