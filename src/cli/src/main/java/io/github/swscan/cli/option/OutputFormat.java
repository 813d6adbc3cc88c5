package io.github.swscan.cli.option;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What a report is written as. */
public enum OutputFormat {
    JSON("json"),
    HTML("html"),
    SARIF("sarif"),
    MARKDOWN("md"),
    CSV("csv"),
    JUNIT("junit.xml"),
    CYCLONEDX("cdx.json");

    /** All of them, as help tells them. */
    static final String NAMES =
            "json, html, sarif, markdown, csv, junit, cyclonedx; of ablations json, html, markdown, csv";

    /** Those that reports of ablations are written as. */
    static final Set<OutputFormat> OF_ABLATIONS = Set.of(JSON, HTML, MARKDOWN, CSV);

    /** Those that say how a model differs from its manifest. */
    static final Set<OutputFormat> OF_VERIFICATIONS = Set.of(JSON, SARIF);

    /** Those of which several stand one after the other on standard output. */
    static final Set<OutputFormat> IN_A_ROW = Set.of(JSON, MARKDOWN);

    private final String ending;

    OutputFormat(String ending) {
        this.ending = ending;
    }

    /** Of names of files, without a dot before it. */
    String ending() {
        return ending;
    }

    /** The one that users type so. */
    static Optional<OutputFormat> of(String name) {
        return Arrays.stream(values())
                .filter(format -> format.toString().equals(name.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    static String names(Set<OutputFormat> formats) {
        return formats.stream().sorted().map(OutputFormat::toString).collect(Collectors.joining(", "));
    }

    /** As users type it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
