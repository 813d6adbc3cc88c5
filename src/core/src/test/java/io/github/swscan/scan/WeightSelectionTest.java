package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.ablate.Targets;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.fixture.Models;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.report.json.LatestReport;
import io.github.swscan.weight.StoredWeight;
import io.github.swscan.weight.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightSelectionTest {

    private static final String TENSOR = "model.layers.1.mlp.down_proj.weight";

    @TempDir
    private Path folder;

    private static List<Target> named(Path model, List<String> names) {
        return OpenModel.read(model.toString(), "", opened -> new WeightSelection(opened)
                .named(names)
                .targets());
    }

    private static List<Target> reported(Path model, LatestReport report, int top) {
        return targets(model, report, top).targets();
    }

    private static Targets targets(Path model, LatestReport report, int top) {
        return OpenModel.read(model.toString(), "", opened -> new WeightSelection(opened).reported(report, top));
    }

    private static List<String> coordinates(List<? extends Target> weights) {
        return weights.stream()
                .map(weight -> ((StoredWeight) weight).coordinate().toString())
                .toList();
    }

    /** The report of a detection, in the test's folder. */
    private LatestReport detected(Path model) throws IOException {
        try (LazyEngine engines = new LazyEngine(EngineSettings.STANDARD)) {
            byte[] json = JsonReportWriter.indented()
                    .bytes(DetectionScan.run(DetectionRequest.of(model.toString()), engines, ScanListener.NONE));
            Files.write(folder.resolve("report.json"), json);
        }
        return LatestReport.in(folder).orElseThrow();
    }

    @Test
    void aWeightIsTakenOnceWhateverItIsCalled() {
        List<Target> weights = named(Models.CRITICAL, List.of("1:57:123", "0:1:2", TENSOR + ":57:123", "1:57:123"));

        assertThat(coordinates(weights))
                .containsExactly(TENSOR + "[57, 123]", "model.layers.0.mlp.down_proj.weight[1, 2]");
    }

    @ParameterizedTest
    @CsvSource({
        "6:0:0, --weight: there is no weight 6:0:0: the model has layers 0 to 5",
        "1:57, --weight: '1:57' is not TENSOR:ROW:COLUMN or LAYER:ROW:COLUMN"
    })
    void aWeightThatIsNotThereIsAMistakeOfWhoeverAsks(String name, String message) {
        assertThatExceptionOfType(WrongRequestException.class)
                .isThrownBy(() -> named(Models.CRITICAL, List.of(name)))
                .withMessage(message);
    }

    @Test
    void theRankingOfAReportBeginsWithItsSuperWeights() throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        LatestReport report = detected(model);

        List<Target> all = reported(model, report, Integer.MAX_VALUE);

        assertThat(coordinates(all)).startsWith(TENSOR + "[57, 123]").doesNotHaveDuplicates();
        assertThat(coordinates(reported(model, report, 1))).containsExactly(TENSOR + "[57, 123]");
    }

    @Test
    void candidatesThatAreNoSuperWeightsAreRankedToo() throws IOException {
        Path model = Models.copy(Models.HARMLESS, folder.resolve("model"));

        assertThat(reported(model, detected(model), 5)).isNotEmpty();
    }

    /** The report with a set in it. */
    private LatestReport withSet(LatestReport report, String... members) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json = (ObjectNode) mapper.readTree(report.file().toFile());
        ObjectNode set = json.putArray("sets")
                .addObject()
                .put("set", 1)
                .put("rank", 1)
                .put("kind", "joint")
                .put("verdict", "critical")
                .put("nearThreshold", false);
        set.set("effect", json.at("/superWeights/0/effect"));
        set.putArray("alone");
        set.putArray("leftIn");
        ArrayNode named = set.putArray("members");
        List.of(members).forEach(named::add);
        mapper.writeValue(report.file().toFile(), json);
        return LatestReport.in(folder).orElseThrow();
    }

    @Test
    void setsOfAReportAreFoundToo() throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        LatestReport report = withSet(detected(model), TENSOR + "[57, 123]", TENSOR + "[1, 2]");

        Targets targets = targets(model, report, 1);

        assertThat(coordinates(targets.targets())).containsExactly(TENSOR + "[57, 123]");
        assertThat(targets.sets()).hasSize(1);
        assertThat(coordinates(targets.sets().get(0))).containsExactly(TENSOR + "[57, 123]", TENSOR + "[1, 2]");
    }

    @Test
    void aMemberThatIsNoWeightIsRefused() throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        LatestReport report = detected(model);
        LatestReport unreadable = withSet(report, "nonsense");

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> targets(model, unreadable, 1))
                .withMessageContaining("'nonsense' is not TENSOR[ROW, COLUMN]");

        LatestReport elsewhere = withSet(report, TENSOR + "[128, 0]");
        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> targets(model, elsewhere, 1))
                .withMessageContaining("the model has changed since this report: there is no weight");
    }

    @Test
    void aReportWithoutCandidatesIsToldTo() throws IOException {
        Path model = Models.copy(Models.HARMLESS, folder.resolve("model"));
        LatestReport report = detected(model);

        assertThatExceptionOfType(MissingInputException.class)
                .isThrownBy(() -> reported(model, report, 0))
                .withMessageContaining("superWeights: is empty");
    }

    @Test
    void aReportOfAModelThatWasWrittenLaterIsRefused() throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        LatestReport report = detected(model);
        Files.setLastModifiedTime(
                model.resolve("model.safetensors"), FileTime.from(Instant.now().plusSeconds(5)));

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> reported(model, report, 1))
                .withMessageContaining("model.safetensors was written later");
    }

    @Test
    void aReportOfAnotherModelIsRefused() throws IOException {
        Path model = Models.copy(Models.CRITICAL, folder.resolve("model"));
        LatestReport report = detected(model);

        assertThatExceptionOfType(MalformedInputException.class)
                .isThrownBy(() -> reported(Models.HARMLESS, report, 1))
                .withMessageContaining("its files have other names or sizes");
    }
}
