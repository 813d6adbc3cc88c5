package io.github.swscan.report.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReportReaderTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Path FIRST_SCHEMA = TestResources.at("reports/group-1.0.json");

    @TempDir
    private Path folder;

    private Path write(String name, DetectionReport report, Consumer<ObjectNode> change) throws IOException {
        ObjectNode json =
                (ObjectNode) MAPPER.readTree(JsonReportWriter.indented().bytes(report));
        change.accept(json);
        return Files.write(folder.resolve(name), MAPPER.writeValueAsBytes(json));
    }

    @Test
    void readsWhatWasWritten() throws IOException {
        DetectionReport report = JsonReportWriterTest.report("model", 1.5f, 2);

        assertThat(JsonReportReader.detection(write("r.json", report, json -> {})))
                .contains(report);
    }

    static Stream<Arguments> readable() {
        return Stream.of(
                Arguments.of("a later version", (Consumer<ObjectNode>) json -> json.put("schemaVersion", "2.9")),
                Arguments.of("a field that is new", (Consumer<ObjectNode>)
                        json -> json.withObject("/superWeights/0/new").put("field", 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("readable")
    void readsReportsThatSayMore(String name, Consumer<ObjectNode> change) throws IOException {
        Path file = write("r.json", JsonReportWriterTest.report("model", 1.5f, 2), change);

        assertThat(JsonReportReader.detection(file)).isPresent();
    }

    /** What version 0.1.0 of the program wrote. */
    @Test
    void readsReportsOfSchema1() {
        DetectionReport report = JsonReportReader.detection(FIRST_SCHEMA).orElseThrow();

        assertThat(report.schemaVersion()).isEqualTo("1.0");
        assertThat(report.verdict()).contains(Verdict.CRITICAL);
        assertThat(report.superWeights())
                .extracting(
                        DetectionReport.SuperWeight::row,
                        DetectionReport.SuperWeight::column,
                        DetectionReport.SuperWeight::verdict)
                .containsExactly(tuple(30, 12, Verdict.CRITICAL), tuple(30, 22, Verdict.CRITICAL));
        assertThat(report.superWeights().get(0).effect().klDivergence().orElseThrow())
                .isCloseTo(0.0075, within(5e-5));
        assertThat(report.baseline().orElseThrow().tokens()).isEqualTo(156);
    }

    @Test
    void whatSchema1DoesNotSayIsNotKnown() {
        DetectionReport report = JsonReportReader.detection(FIRST_SCHEMA).orElseThrow();

        assertThat(report.sets()).isEmpty();
        assertThat(report.superActivations()).isEmpty();
        assertThat(report.untestedSpikes()).isEqualTo(new DetectionReport.UntestedSpikes(0, List.of()));
        assertThat(report.settings().budget()).isEmpty();
        assertThat(report.settings().textDigest()).isEmpty();
        assertThat(report.superWeights()).allSatisfy(weight -> {
            assertThat(weight.sets()).isEmpty();
            assertThat(weight.streamShare()).isEmpty();
            assertThat(weight.candidate()).isEmpty();
            assertThat(weight.effectFlipped()).isEmpty();
            assertThat(weight.effect().meanNllRiseError()).isEmpty();
        });
    }

    @Test
    void otherSpikesOfSchema1AreRead() {
        DetectionReport report = JsonReportReader.detection(TestResources.at("reports/harmless-1.0.json"))
                .orElseThrow();

        assertThat(report.verdict()).isEmpty();
        assertThat(report.otherSpikes())
                .extracting(DetectionReport.OtherSpike::reason)
                .isNotEmpty()
                .containsOnly("harmless");
    }

    static Stream<Arguments> others() {
        return Stream.of(
                Arguments.of("another program's", (Consumer<ObjectNode>)
                        json -> json.withObject("/tool").put("name", "other")),
                Arguments.of("another schema", (Consumer<ObjectNode>) json -> json.put("schemaVersion", "3.0")),
                Arguments.of("no version", (Consumer<ObjectNode>) json -> json.remove("schemaVersion")),
                Arguments.of("no super weights", (Consumer<ObjectNode>) json -> json.remove("superWeights")),
                Arguments.of("no time", (Consumer<ObjectNode>) json -> json.put("createdAt", "yesterday")),
                Arguments.of("an unknown verdict", (Consumer<ObjectNode>)
                        json -> json.withObject("/superWeights/0").put("verdict", "severe")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("others")
    void otherFilesAreNoReports(String name, Consumer<ObjectNode> change) throws IOException {
        Path file = write("r.json", JsonReportWriterTest.report("model", 1.5f, 2), change);

        assertThat(JsonReportReader.detection(file)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "\"report\""})
    void otherJsonIsNoReport(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("r.json"), text, StandardCharsets.UTF_8);

        assertThat(JsonReportReader.detection(file)).isEmpty();
        assertThat(JsonReportReader.detection(folder.resolve("none.json"))).isEmpty();
    }

    @Test
    void theNewestOfAFolderIsFound() throws IOException {
        DetectionReport report = JsonReportWriterTest.report("model", 1.5f, 2);
        write("a.json", report, json -> json.put("createdAt", "2026-01-02T00:00:00Z"));
        Path newest = write("b.json", report, json -> json.put("createdAt", "2026-01-03T00:00:00Z"));
        write("c.json", report, json -> json.put("createdAt", "2026-01-01T00:00:00Z"));
        Files.writeString(folder.resolve("d.json"), "{}");
        write("e.txt", report, json -> json.put("createdAt", "2026-01-04T00:00:00Z"));

        assertThat(LatestReport.in(folder)).map(LatestReport::file).contains(newest);
    }
}
