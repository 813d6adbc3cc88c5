package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.swscan.detect.DetectionRules;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.fixture.Models;
import io.github.swscan.policy.Policy;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.text.TokenRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadingSizeTest {

    @TempDir
    private Path folder;

    /**
     * With the head apart and tied, with learned positions and without, of 16 and 32 bits. Where one reading is enough, it
     * is half, and the head once too often.
     */
    @ParameterizedTest
    @CsvSource({
        "llama-bf16, 1, 0.52",
        "llama-sharded3, 1, 0.52",
        "gpt2, 1, 0.52",
        "llama-tied, 2, 1",
        "qwen3, 2, 1",
    })
    void isWhatADetectionReadsButForAFewRowsOfTheEmbedding(String name, int readings, double part) throws IOException {
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 5, 5, 7], [1, 2, 3]]");
        DetectionRequest request = new DetectionRequest(
                Models.reference(name).toString(),
                "",
                new TokenRequest(List.of(), "", "", ids.toString(), 0, 0),
                false,
                DetectionRules.standard(0),
                Policy.NONE,
                BaselineRequest.NONE,
                false,
                PrecisionChoice.AUTO,
                "",
                false,
                List.of());
        AtomicLong foreseen = new AtomicLong();
        AtomicLong told = new AtomicLong();
        ScanListener listener = new ScanListener() {
            @Override
            public void readingBegins(long bytes, int readings) {
                foreseen.set(bytes);
            }

            @Override
            public void bytesRead(long bytes) {
                told.addAndGet(bytes);
            }
        };

        DetectionReport.Run run;
        try (LazyEngine engines = new LazyEngine(EngineSettings.STANDARD)) {
            run = DetectionScan.run(request, engines, listener).run();
        }

        assertThat(told.get()).isEqualTo(run.bytesRead());
        assertThat(run.readings()).isEqualTo(readings);
        assertThat((double) run.bytesRead() / foreseen.get()).isCloseTo(part, within(0.01));
    }
}
