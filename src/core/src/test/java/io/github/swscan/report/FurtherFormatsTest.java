package io.github.swscan.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import io.github.swscan.fixture.ChangedReport;
import io.github.swscan.fixture.EveryFinding;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.policy.Rule;
import io.github.swscan.report.csv.CsvReportWriter;
import io.github.swscan.report.cyclonedx.CycloneDxReportWriter;
import io.github.swscan.report.junit.JUnitReportWriter;
import io.github.swscan.report.markdown.MarkdownReportWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.cyclonedx.Version;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Markdown, CSV, JUnit XML and CycloneDX. */
class FurtherFormatsTest {

    static Stream<DetectionReport> reports() {
        return Stream.of(
                new SmallReport().report(),
                EveryFinding.judged(Rule.CRITICAL, Rule.SET, Rule.NON_FINITE),
                EveryFinding.notFinite(),
                EveryFinding.unsafe(Rule.UNSAFE_PICKLE),
                EveryFinding.hostile());
    }

    private static String text(ReportWriter writer, DetectionReport report) {
        return new String(writer.bytes(report), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @MethodSource("reports")
    void aBillOfMaterialsIsValid(DetectionReport report) throws IOException {
        byte[] json = new CycloneDxReportWriter().bytes(report);

        assertThat(new JsonParser().validate(json, Version.VERSION_16)).isEmpty();
    }

    @Test
    void aBillOfMaterialsHasFilesDigestsWeightsAndEffects() throws IOException {
        String digest = "0f".repeat(32);
        DetectionReport report = ChangedReport.of(
                EveryFinding.judged(),
                json -> ((ObjectNode) json.path("model").path("files").path(0)).put("sha256", digest));
        JsonNode bom = new JsonMapper().readTree(new CycloneDxReportWriter().bytes(report));
        JsonNode model = bom.path("metadata").path("component");

        assertThat(model.path("type").asText()).isEqualTo("machine-learning-model");
        assertThat(model.path("hashes").path(0).path("content").asText()).isEqualTo(digest);
        assertThat(bom.path("components")
                        .path(0)
                        .path("hashes")
                        .path(0)
                        .path("alg")
                        .asText())
                .isEqualTo("SHA-256");
        assertThat(model.path("properties").findValuesAsText("name"))
                .contains("swscan:superWeight:0", "swscan:set:1", "swscan:verdict");
        assertThat(model.path("modelCard").path("quantitativeAnalysis").path("performanceMetrics"))
                .anyMatch(metric -> metric.path("type").asText().equals("perplexityRatio")
                        && metric.path("slice").asText().equals("removed: model.layers.1.mlp.down_proj.weight[2, 3]")
                        && metric.path("value").asText().equals("40.0"));
        assertThat(new CycloneDxReportWriter().bytes(report)).isEqualTo(new CycloneDxReportWriter().bytes(report));
    }

    private static Element suite(DetectionReport report) throws Exception {
        Element suites = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(new JUnitReportWriter().bytes(report)))
                .getDocumentElement();
        assertThat(suites.getTagName()).isEqualTo("testsuites");
        return (Element) suites.getElementsByTagName("testsuite").item(0);
    }

    private static List<String> cases(Element suite) {
        NodeList cases = suite.getElementsByTagName("testcase");
        return IntStream.range(0, cases.getLength())
                .mapToObj(i -> (Element) cases.item(i))
                .map(test -> test.getAttribute("name") + " "
                        + (test.getElementsByTagName("failure").getLength() > 0
                                ? "failed"
                                : test.getElementsByTagName("error").getLength() > 0 ? "error" : "passed"))
                .toList();
    }

    @Test
    void eachPolicyIsATestCase() throws Exception {
        Element suite = suite(EveryFinding.judged(Rule.CRITICAL, Rule.SET, Rule.NON_FINITE));

        assertThat(cases(suite)).containsExactly("critical failed", "set failed", "non-finite passed");
        assertThat(suite.getAttribute("tests")).isEqualTo("3");
        assertThat(suite.getAttribute("failures")).isEqualTo("2");
        assertThat(suite.getElementsByTagName("failure").item(0).getTextContent())
                .contains("set of weights 4:5:7, 4:5:8")
                .contains("weight 1:2:3");
    }

    @Test
    void withoutAPolicyTheScanIsOne() throws Exception {
        assertThat(cases(suite(EveryFinding.judged()))).containsExactly("scan passed");
        assertThat(cases(suite(EveryFinding.unsafe()))).containsExactly("scan error");
        assertThat(cases(suite(EveryFinding.unsafe(Rule.UNSAFE_PICKLE)))).containsExactly("unsafe-pickle failed");
    }

    @ParameterizedTest
    @MethodSource("reports")
    void everyReportIsXmlOfTheFormThatServersRead(DetectionReport report) throws Exception {
        Element suite = suite(report);

        assertThat(suite.getAttribute("timestamp")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d");
        assertThat(suite.getAttribute("tests"))
                .isEqualTo(String.valueOf(cases(suite).size()));
    }

    @Test
    void peaksAreRowsOfCsv() throws IOException {
        Peak peak = new Peak(-1.5f, 1, 2, 3);
        DetectionReport report = new SmallReport()
                .with(
                        new DetectionReport.Layer(
                                0, Optional.empty(), Optional.empty(), "=a,\"b\"\nc", peak, peak, true),
                        new DetectionReport.Layer(1, Optional.of(7), Optional.of(1), "w", peak, peak, false))
                .report();
        String csv = text(new CsvReportWriter(), report);
        List<String[]> rows = new CsvMapper()
                .readerForListOf(String[].class)
                .with(CsvParser.Feature.WRAP_AS_ARRAY)
                .<List<String[]>>readValue(csv);

        assertThat(rows).hasSize(3);
        assertThat(rows.get(0)).startsWith("layer", "expert", "call", "tensor", "input");
        assertThat(rows.get(1)).startsWith("0", "", "", "'=a,\"b\"\nc", "-1.5", "1", "2", "3", "-1.5");
        assertThat(rows.get(2)).startsWith("1", "7", "1", "w").endsWith("false");
        assertThat(csv).contains("\r\n");
    }

    @Test
    void markdownTellsTheSentenceThePolicyAndTheWeights() {
        assertThat(text(new MarkdownReportWriter(), EveryFinding.judged(Rule.CRITICAL, Rule.NON_FINITE)))
                .startsWith("## swscan: `model`\n\n**Two weights in layer 4 carry this model: ")
                .contains("- policy `critical`: **violated** by `set of weights 4:5:7, 4:5:8` and 1 more")
                .contains("- policy `non-finite`: holds")
                .contains("| `model.layers.1.mlp.down_proj.weight[2, 3]` | 1.5 | x40.0 | x500 | **critical** |")
                .contains("Not as in the baseline `before.json`:");
    }

    @Test
    void markdownMarksVerdictsThatOtherTextMayTip() {
        DetectionReport near = ChangedReport.of(EveryFinding.judged(), json -> {
            ((ObjectNode) json.path("superWeights").path(0)).put("nearThreshold", true);
            ((ObjectNode) json.path("sets").path(1)).put("nearThreshold", true);
        });

        assertThat(text(new MarkdownReportWriter(), near))
                .contains("| x40.0 | x500 | **critical** \\~ |", "| **high** \\~ |", "| **critical** |")
                .contains("\n\n\\~: near the threshold of another verdict.\n\n");
        assertThat(text(new MarkdownReportWriter(), EveryFinding.judged())).doesNotContain("\\~");
    }

    @Test
    void markdownTellsOnceThatNothingWasLoaded() {
        assertThat(text(new MarkdownReportWriter(), EveryFinding.unsafe()).split("wants to load", -1))
                .hasSize(2);
    }

    @Test
    void whatHasNoVerdictIsCalledAsOnThePage() throws Exception {
        Map<String, DetectionReport> named =
                Map.of("not finite", EveryFinding.notFinite(), "unsafe", EveryFinding.unsafe());
        for (Map.Entry<String, DetectionReport> report : named.entrySet()) {
            Element verdict = (Element)
                    suite(report.getValue()).getElementsByTagName("property").item(1);
            assertThat(verdict.getAttribute("name")).isEqualTo("swscan.verdict");
            assertThat(verdict.getAttribute("value")).isEqualTo(report.getKey());
            assertThat(new JsonMapper()
                            .readTree(new CycloneDxReportWriter().bytes(report.getValue()))
                            .at("/metadata/component/properties/0/value")
                            .asText())
                    .isEqualTo(report.getKey());
        }
    }

    @Test
    void nothingFromOutsideIsMarkup() {
        String markdown = text(new MarkdownReportWriter(), EveryFinding.hostile());

        assertThat(markdown.lines())
                .noneMatch(line -> line.matches(".*(?<!\\\\)<script.*") && !line.contains("``"))
                .noneMatch(line -> line.contains("\u202e") || line.contains("\u0000"))
                .allSatisfy(line -> assertThat(line.length()).isLessThan(20_000));
    }
}
