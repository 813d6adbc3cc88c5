package io.github.swscan.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.ChangedReport;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport.Layer;
import io.github.swscan.report.Peak;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.json.JsonReportWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages as a browser shows them; skipped where the system has none. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HtmlReportBrowserTest {

    /** How many shapes each chart has, and none where there is no chart. */
    private static final String SHAPES = """
            Object.fromEntries([...document.querySelectorAll('[data-chart]')].map((place) => [
              place.dataset.chart + place.dataset.index,
              place.querySelectorAll('svg[role=img] :is(path, rect, circle, line)').length,
            ]))""";

    private static final String HOSTILE =
            "</script><script>window.hostile = 1</script>\"'><img src=x onerror=window.hostile=1>"
                    + "<svg onload=window.hostile=1>javascript:\u202e\u0007\u0000";

    private Browser browser;

    @TempDir
    private Path folder;

    @BeforeAll
    void start(@TempDir Path profile) throws IOException, InterruptedException {
        Optional<Path> program = Browser.installed();
        assumeTrue(program.isPresent(), "no chromium, chromium-browser or google-chrome in PATH: no page is opened");
        browser = Browser.start(program.get(), profile);
    }

    @AfterAll
    void close() {
        if (browser != null) {
            browser.close();
        }
    }

    static List<String> files() {
        return Reports.FILES;
    }

    private void open(ReportDocument report, int width, boolean scripts) throws IOException {
        Path page = folder.resolve("page.html");
        Files.write(page, new HtmlReportWriter().bytes(report));
        browser.open(page, width, scripts);
    }

    private void isQuietAndFits() {
        assertThat(browser.complaints()).isEmpty();
        assertThat(browser.requests()).isEmpty();
        assertThat(browser.evaluate("document.documentElement.scrollWidth - innerWidth")
                        .asInt())
                .isLessThanOrEqualTo(0);
    }

    private Map<String, Integer> shapes() {
        JsonNode shapes = browser.evaluate(SHAPES);
        return shapes.propertyStream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue()
                .asInt()));
    }

    @ParameterizedTest
    @MethodSource("files")
    void drawsEveryChart(String name) throws IOException {
        for (int width : new int[] {1280, 390}) {
            open(Reports.read(name), width, true);

            isQuietAndFits();
            assertThat(shapes()).isNotEmpty().allSatisfy((chart, shapes) -> assertThat(shapes)
                    .isGreaterThan(4));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "pages/quantized, 'peaks0 traces0 set0 set1 set2 removals0 block0 block1 block2 block3 block4 block5'",
        "pages/mixture, 'peaks0 experts0 traces0 removals0'",
        "pages/ablation, 'variants0 scaling0 pairs0 stop-words0 shifts0'",
        "harmless-1.0, 'peaks0 removals0'"
    })
    void showsWhatThereIs(String name, String charts) throws IOException {
        open(Reports.read(name), 1280, true);

        assertThat(shapes()).containsOnlyKeys(charts.split(" ", -1));
    }

    @Test
    void drawsLargeMixturesAndSetsThatLeaveNothingFinite() throws IOException {
        open(Reports.large(20, 60), 1280, true);

        isQuietAndFits();
        assertThat(shapes()).containsKeys("peaks0", "experts0", "set0", "removals0");
        assertThat(shapes().get("experts0")).isGreaterThan(1200);
        assertThat(browser.evaluate("document.querySelector('[data-chart=set]').textContent")
                        .asText())
                .contains("not finite", "all but 2:3:0");
    }

    @Test
    void drawsWhatIsZeroAndAlone() throws IOException {
        Peak zero = new Peak(0, 0, 0, 0);
        open(
                new SmallReport()
                        .with(new Layer(0, Optional.of(0), Optional.empty(), "down_proj", zero, zero, false))
                        .with(SmallReport.harmless(0, 1, 2, 1e-9))
                        .report(),
                1280,
                true);

        isQuietAndFits();
        assertThat(shapes()).containsKeys("peaks0", "removals0");
    }

    @Test
    void theLegendOfRemovedWeightsGoesFromCriticalToCancelling() throws IOException {
        open(
                ChangedReport.of(
                        new SmallReport()
                                .with(SmallReport.weight(1, 2, 3, 1.2), SmallReport.weight(1, 2, 4, 40))
                                .with(SmallReport.harmless(1, 2, 5, 1.01), SmallReport.harmless(1, 2, 6, 1.02))
                                .report(),
                        json -> ((ObjectNode) json.path("otherSpikes").path(1)).put("reason", "cancelling")),
                1280,
                true);

        isQuietAndFits();
        assertThat(browser.evaluate("[...document.querySelectorAll('[data-chart=removals] .key')]"
                                + ".map((key) => key.textContent).join(' ')")
                        .asText())
                .isEqualTo("critical moderate harmless cancelling");
    }

    @Test
    void aLayerThatAloneIsFiniteIsADot() throws IOException {
        Peak peak = new Peak(3, 0, 0, 0);
        open(
                new SmallReport()
                        .with(new Layer(0, Optional.empty(), Optional.empty(), "down_proj", peak, peak, false))
                        .notFinite()
                        .report(),
                1280,
                true);

        assertThat(browser.evaluate("document.querySelectorAll('[data-chart=peaks] svg[role=img] circle').length")
                        .asInt())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pages/quantized", "pages/ablation"})
    void changesScalesWhenAsked(String name) throws IOException {
        open(Reports.read(name), 1280, true);
        String chart = "document.querySelector('[data-options=log]').querySelector('svg[role=img]').outerHTML";
        String before = browser.evaluate(chart).asText();

        browser.evaluate("document.querySelector('[data-options=log] input').click()");

        assertThat(browser.evaluate(chart).asText()).isNotEmpty().isNotEqualTo(before);
        isQuietAndFits();
    }

    @Test
    void showsAllRowsWhenAsked() throws IOException {
        open(Reports.large(20, 60), 1280, true);
        String rows = "document.getElementById('peaks').tBodies[0].rows.length";
        int before = browser.evaluate(rows).asInt();

        browser.evaluate("document.querySelector('button[data-table=peaks]').click()");

        assertThat(before).isLessThan(100);
        assertThat(browser.evaluate(rows).asInt()).isEqualTo(1200);
        isQuietAndFits();
    }

    @Test
    void unpacksTheReport() throws IOException {
        ReportDocument report = Reports.read("pages/quantized");
        open(report, 1280, true);

        String unpacked = browser.evaluate("unpacked('report-data').then((data) => data.text())")
                .asText();

        assertThat(unpacked).isEqualTo(new String(JsonReportWriter.indented().bytes(report), StandardCharsets.UTF_8));
        assertThat(browser.evaluate("document.getElementById('save').hidden").asBoolean())
                .isFalse();
    }

    @ParameterizedTest
    @MethodSource("files")
    void tellsTheMainThingsWithoutScripts(String name) throws IOException {
        open(Reports.read(name), 390, false);

        isQuietAndFits();
        String text = browser.evaluate("document.body.innerText").asText();
        assertThat(text).contains("Scripts are off", "How to read it").doesNotContain("as JSON:");
        assertThat(browser.evaluate("document.querySelector('.sentence').innerText")
                        .asText())
                .isNotEmpty();
        assertThat(browser.evaluate("document.querySelectorAll('svg').length").asInt())
                .isZero();
        assertThat(browser.evaluate("[...document.querySelectorAll('button')].every((button) => button.hidden)")
                        .asBoolean())
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("files")
    void isNotMovedByHostileText(String name) throws IOException {
        Map<String, Integer> widths =
                Map.of(HOSTILE + "x".repeat(10_000), 390, HOSTILE + "\u05d0\u202e".repeat(5_000), 1280);
        for (Map.Entry<String, Integer> text : widths.entrySet()) {
            open(Reports.with(text.getKey(), name, folder), text.getValue(), true);

            isQuietAndFits();
            assertThat(browser.evaluate("typeof window.hostile").asText()).isEqualTo("undefined");
            assertThat(browser.evaluate("document.images.length").asInt()).isZero();
            assertThat(shapes()).isNotEmpty().allSatisfy((chart, shapes) -> assertThat(shapes)
                    .isPositive());
        }
    }
}
