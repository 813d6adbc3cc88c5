package io.github.swscan.report.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * What every page carries.
 *
 * @param style of the page
 * @param library that draws, see scripts/charts
 * @param script that says what is drawn
 */
record Assets(String style, String library, String script) {

    /** What the library puts into each chart, to the byte; a policy allows it by its digest. */
    static final String CHART_STYLE = """
            :where(.chart-plot) {
              --plot-background: white;
              display: block;
              height: auto;
              height: intrinsic;
              max-width: 100%;
            }
            :where(.chart-plot text),
            :where(.chart-plot tspan) {
              white-space: pre;
            }""";

    static Assets load() {
        return new Assets(resource("report.css"), resource("plot.js"), resource("report.js"));
    }

    /** Allows these styles and scripts, and nothing else: no other one, no request, no frame, no form. */
    String policy() {
        return "default-src 'none'; script-src %s %s; style-src %s %s; base-uri 'none'; form-action 'none'"
                .formatted(source(library), source(script), source(style), source(CHART_STYLE));
    }

    private static String source(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Assets.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
