package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.swscan.engine.EngineSettings;
import io.github.swscan.fixture.Models;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.report.json.LatestReport;
import io.github.swscan.weight.StoredWeight;
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

    private static List<StoredWeight> named(Path model, List<String> names) {
        return OpenModel.read(model.toString(), "", opened -> new WeightSelection(opened).named(names));
    }

    private static List<StoredWeight> reported(Path model, LatestReport report, int top) {
        return OpenModel.read(model.toString(), "", opened -> new WeightSelection(opened).reported(report, top));
    }

    private static List<String> coordinates(List<StoredWeight> weights) {
        return weights.stream().map(weight -> weight.coordinate().toString()).toList();
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
        List<StoredWeight> weights =
                named(Models.CRITICAL, List.of("1:57:123", "0:1:2", TENSOR + ":57:123", "1:57:123"));

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

        List<StoredWeight> all = reported(model, report, Integer.MAX_VALUE);

        assertThat(coordinates(all)).startsWith(TENSOR + "[57, 123]").doesNotHaveDuplicates();
        assertThat(coordinates(reported(model, report, 1))).containsExactly(TENSOR + "[57, 123]");
    }

    @Test
    void candidatesThatAreNoSuperWeightsAreRankedToo() throws IOException {
        Path model = Models.copy(Models.HARMLESS, folder.resolve("model"));

        assertThat(reported(model, detected(model), 5)).isNotEmpty();
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
