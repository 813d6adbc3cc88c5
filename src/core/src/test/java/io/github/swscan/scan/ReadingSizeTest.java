package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.detect.DetectionRules;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.fixture.Models;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.text.TokenRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingSizeTest {

    @TempDir
    private Path folder;

    /** With the head apart and tied, with learned positions and without, of 16 and 32 bits. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-bf16", "llama-tied", "llama-sharded3", "gpt2", "qwen3"})
    void isWhatADetectionReads(String name) throws IOException {
        Path ids = Files.writeString(folder.resolve("ids.json"), "[[1, 5, 5, 7], [1, 2, 3]]");
        DetectionRequest request = new DetectionRequest(
                Models.reference(name).toString(),
                "",
                new TokenRequest(List.of(), "", "", ids.toString(), 0, 0),
                false,
                DetectionRules.standard(0),
                PrecisionChoice.AUTO,
                List.of());
        AtomicLong foreseen = new AtomicLong();
        AtomicLong told = new AtomicLong();
        ScanListener listener = new ScanListener() {
            @Override
            public void readingBegins(long bytes) {
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

        assertThat(run.bytesRead()).isEqualTo(foreseen.get() * run.readings());
        assertThat(told.get()).isEqualTo(run.bytesRead());
    }
}
