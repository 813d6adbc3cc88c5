package io.github.swscan.report.junit;

import io.github.swscan.input.PrintableText;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.Violation;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import io.github.swscan.report.text.Conclusion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Writes what a model was held to as JUnit XML: a test case for each policy, which fails where it is violated; one named
 * {@code scan} where there was none. Findings that do not count are no failures.
 */
public final class JUnitReportWriter implements ReportWriter {

    private static final String SCAN = "scan";

    @Override
    public void write(ReportDocument document, OutputStream out) throws IOException {
        if (!(document instanceof DetectionReport report)) {
            throw new IllegalArgumentException("JUnit XML is written of detections only");
        }
        ByteArrayOutputStream xml = new ByteArrayOutputStream();
        try {
            XMLStreamWriter writer = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(xml, "UTF-8");
            writer.writeStartDocument("UTF-8", "1.0");
            suites(report, writer);
            writer.writeEndDocument();
            writer.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("a report that is no XML", e);
        }
        xml.writeTo(out);
        out.write('\n');
    }

    private static void suites(DetectionReport report, XMLStreamWriter writer) throws XMLStreamException {
        List<Violation> violations =
                report.policy().map(PolicyOutcome::violations).orElse(List.of());
        List<String> rules = report.policy()
                .map(PolicyOutcome::failOn)
                .filter(given -> !given.isEmpty())
                .orElse(List.of(SCAN));
        long failures = violations.stream().map(Violation::rule).distinct().count();
        String seconds = String.format(Locale.ROOT, "%.3f", report.run().durationMillis() / 1000.0);
        writer.writeStartElement("testsuites");
        counts(rules.size(), failures, isError(report) ? 1 : 0, seconds, writer);
        writer.writeStartElement("testsuite");
        writer.writeAttribute("name", text("swscan " + report.model().path()));
        counts(rules.size(), failures, isError(report) ? 1 : 0, seconds, writer);
        writer.writeAttribute("skipped", "0");
        writer.writeAttribute("timestamp", report.createdAt().replace("Z", ""));
        writer.writeStartElement("properties");
        property("swscan.version", report.tool().version(), writer);
        property("swscan.verdict", report.outcome(), writer);
        writer.writeEndElement();
        for (String rule : rules) {
            testCase(rule, violations, seconds, report, writer);
        }
        writer.writeStartElement("system-out");
        writer.writeCharacters(text(Conclusion.of(report)));
        writer.writeEndElement();
        writer.writeEndElement();
        writer.writeEndElement();
    }

    private static void counts(int tests, long failures, int errors, String seconds, XMLStreamWriter writer)
            throws XMLStreamException {
        writer.writeAttribute("tests", String.valueOf(tests));
        writer.writeAttribute("failures", String.valueOf(failures));
        writer.writeAttribute("errors", String.valueOf(errors));
        writer.writeAttribute("time", seconds);
    }

    private static void property(String name, String value, XMLStreamWriter writer) throws XMLStreamException {
        writer.writeEmptyElement("property");
        writer.writeAttribute("name", name);
        writer.writeAttribute("value", text(value));
    }

    private static void testCase(
            String rule, List<Violation> violations, String seconds, DetectionReport report, XMLStreamWriter writer)
            throws XMLStreamException {
        List<Violation> own = violations.stream()
                .filter(violation -> violation.rule().equals(rule))
                .toList();
        writer.writeStartElement("testcase");
        writer.writeAttribute("classname", text("swscan." + report.model().path()));
        writer.writeAttribute("name", rule);
        writer.writeAttribute("time", seconds);
        if (!own.isEmpty()) {
            writer.writeStartElement("failure");
            writer.writeAttribute("type", rule);
            writer.writeAttribute(
                    "message",
                    text("policy violated: %s: %s".formatted(rule, own.get(0).finding())));
            writer.writeCharacters(own.stream()
                    .map(violation -> text(violation.finding() + weights(violation)))
                    .collect(Collectors.joining("\n")));
            writer.writeEndElement();
        } else if (isError(report)) {
            writer.writeStartElement("error");
            writer.writeAttribute("message", text(report.notes().get(0)));
            writer.writeEndElement();
        }
        writer.writeEndElement();
    }

    /** Whether the model was not scanned, and no policy says what that is. */
    private static boolean isError(DetectionReport report) {
        return report.holdsUnsafePickle()
                && report.policy().stream()
                        .allMatch(outcome -> outcome.violations().isEmpty());
    }

    private static String weights(Violation violation) {
        return violation.weights().isEmpty() ? "" : ": " + String.join(", ", violation.weights());
    }

    /** XML knows no control characters, not even escaped. */
    private static String text(String text) {
        return PrintableText.escaped(text);
    }
}
