package io.github.swscan.report.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.ChangedReport;
import io.github.swscan.fixture.SmallReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Change;
import io.github.swscan.report.DetectionReport.Changes;
import io.github.swscan.report.DetectionReport.Ignored;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.Violation;
import io.github.swscan.report.FamiliesReport;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.Tool;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.report.text.Conclusion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HtmlReportWriterTest {

    /** Of plot.js, which scripts/charts makes and prints this of. */
    private static final String LIBRARY = "f86cfa07e75df6bfee32c4310f530ea99186099e088999c177e1ade6fdfe2955";

    private static final String HOSTILE =
            "</script><script>window.hostile=1</script>\"'><img src=x onerror=window.hostile=1>\u202e\u0007${7*7}";

    private static final HtmlReportWriter WRITER = new HtmlReportWriter();

    static List<String> files() {
        return Reports.FILES;
    }

    private static String page(ReportDocument report) {
        return new String(WRITER.bytes(report), StandardCharsets.UTF_8);
    }

    private static List<String> between(String page, String pattern) {
        return Pattern.compile(pattern, Pattern.DOTALL)
                .matcher(page)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    @Test
    void saysWhatTheScreenSays() throws IOException {
        DetectionReport report = (DetectionReport) Reports.read("pages/quantized");

        assertThat(page(report))
                .contains("<p class=\"sentence\">" + Conclusion.of(report) + "</p>")
                .contains("11:507:1229", "11:507:1487", "model.layers.11.mlp.down_proj.weight");
    }

    @ParameterizedTest
    @MethodSource("files")
    void holdsTheReport(String name) throws IOException {
        ReportDocument report = Reports.read(name);

        String embedded =
                between(page(report), "id=\"report-data\">(.*?)</script>").get(0);

        byte[] unpacked =
                new GZIPInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(embedded))).readAllBytes();
        assertThat(unpacked).isEqualTo(JsonReportWriter.indented().bytes(report));
    }

    @ParameterizedTest
    @MethodSource("files")
    void allowsItsOwnScriptsAndStylesOnly(String name) throws Exception {
        String page = page(Reports.read(name));

        String policy = between(page, "Content-Security-Policy\" content=\"(.*?)\"")
                .get(0)
                .replace("&#39;", "'");
        List<String> parts = Stream.concat(
                        between(page, "<script>(.*?)</script>").stream(),
                        between(page, "<style>(.*?)</style>").stream())
                .toList();

        assertThat(policy).startsWith("default-src 'none';").doesNotContain("unsafe", "http", "*");
        assertThat(parts).hasSize(3);
        for (String part : parts) {
            String digest = Base64.getEncoder().encodeToString(sha256(part.getBytes(StandardCharsets.UTF_8)));
            assertThat(policy).contains("'sha256-" + digest + "'");
        }
        assertThat(page.replaceAll("(?s)<script>.*?</script>", ""))
                .doesNotContain(" style=\"", "<link", "@import", " src=", "url(");
    }

    @Test
    void drawsWithTheLibraryThatIsPinned() throws Exception {
        byte[] library = HtmlReportWriter.class.getResourceAsStream("plot.js").readAllBytes();

        assertThat(HexFormat.of().formatHex(sha256(library))).isEqualTo(LIBRARY);
    }

    /** The library puts a style into every chart, which the policy allows by its text. */
    @Test
    void knowsTheStyleOfTheLibrary() {
        Assets assets = Assets.load();

        String written = between(
                        assets.library(), "\\.append\\(\"style\"\\)\\.text\\(`(:where\\(\\.\\$\\{\\w+\\}\\) .*?)`\\)")
                .get(0)
                .replaceAll("\\$\\{\\w+}", "chart-plot");

        assertThat(written).isEqualTo(Assets.CHART_STYLE);
    }

    @Test
    void isCutToAHundredRowsBesidesVerdictsSetsAndSuperWeights() {
        String page = page(Reports.large(94, 128));

        List<String> others = Stream.of("other-spikes", "untested", "super-activations", "peaks", "non-finite")
                .flatMap(id -> between(page, "<table id=\"" + id + "\">.*?<tbody>(.*?)</tbody>").stream())
                .flatMap(body -> between(body, "(<tr>)").stream())
                .toList();

        assertThat(others).hasSizeBetween(50, 100);
        assertThat(page).contains("30 of 12032 rows", "30 of 300 rows");
        assertThat(page.length()).isLessThan(1_500_000);
    }

    @Test
    void saysThatNothingIsFinite() {
        assertThat(page(new SmallReport().notFinite().report())).contains("not finite", "nothing could be proven");
    }

    @Test
    void saysThatNothingWasLoaded(@TempDir Path folder) throws IOException {
        assertThat(page(Reports.unsafe(folder)))
                .contains(
                        ">unsafe<",
                        "pytorch_model.bin wants to load posix.system",
                        "<td class=\"code\">posix.system</td>")
                .doesNotContain("No super weight", "<h2>Super weights</h2>");
    }

    @Test
    void saysWhatThePolicyAndTheBaselineSay() {
        DetectionReport report = new SmallReport()
                .report()
                .with(new PolicyOutcome(
                        List.of("critical"),
                        List.of(new Violation("critical", "weight 1:2:3", List.of())),
                        List.of(new Ignored(
                                "critical-set", "set 1", List.of(), "known", "2026-12-31", ".swscan.yaml"))))
                .with(new Changes("before.json", List.of(new Change("value", "1:2:3 was 4", List.of())), List.of()));

        assertThat(page(report))
                .contains("Against the policy:", "critical: weight 1:2:3", "known", "2026-12-31")
                .contains("Changed</strong> since <bdi>before.json</bdi>", "1:2:3 was 4");
        assertThat(page(new SmallReport()
                        .report()
                        .with(new PolicyOutcome(List.of("critical"), List.of(), List.of()))
                        .with(new Changes("before.json", List.of(), List.of("other text")))))
                .contains("The policy holds.", "Nothing has changed</strong>", "other text");
    }

    @ParameterizedTest
    @MethodSource("files")
    void writesTextForWhatItIs(String name, @TempDir Path folder) throws IOException {
        String plain = page(Reports.read(name));

        String hostile = page(Reports.with(HOSTILE, name, folder));

        assertThat(between(hostile, "(<script)")).hasSameSizeAs(between(plain, "(<script)"));
        assertThat(hostile).doesNotContain("<img", "\u202e", "\u0007").contains("&lt;img", "\\u202e", "\\u0007");
    }

    @ParameterizedTest
    @MethodSource("files")
    void cutsWhatIsVeryLong(String name, @TempDir Path folder) throws IOException {
        ReportDocument report = Reports.with("x".repeat(10_000), name, folder);

        assertThat(between(page(report), ">([^<]{5000,})<")).allMatch(text -> !text.contains("xxxxx"));
    }

    @Test
    void offersTheDataOnlyWhereAScriptCanSaveThem() {
        assertThat(page(new SmallReport().report()))
                .containsPattern("<p class=\"save\" hidden>This page holds the whole report[^\n]*id=\"save\"");
    }

    @Test
    void drawsACancellingSpikeAsWhatItIs() {
        DetectionReport report = ChangedReport.of(
                new SmallReport()
                        .with(SmallReport.harmless(1, 2, 3, 1.01), SmallReport.harmless(1, 2, 4, 0.99))
                        .report(),
                json -> ((ObjectNode) json.path("otherSpikes").path(1)).put("reason", "cancelling"));

        assertThat(DetectionCharts.of(report, Stream.empty()).removals())
                .extracting(DetectionCharts.Removal::kind)
                .containsExactly("harmless", "cancelling");
    }

    @Test
    void takesDetectionsAndAblationsOnly() {
        FamiliesReport families =
                new FamiliesReport("1.0", new Tool("swscan", "development"), List.of(), List.of(), List.of());

        assertThatIllegalArgumentException().isThrownBy(() -> WRITER.bytes(families));
    }
}
