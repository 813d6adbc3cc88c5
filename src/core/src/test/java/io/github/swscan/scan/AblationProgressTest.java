package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.ablate.Variant;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.fixture.Models;
import io.github.swscan.report.AblationReport;
import io.github.swscan.text.TokenRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a listener is told of an ablation, of whatever parts that is made: a detection, readings, texts, a copy. */
class AblationProgressTest {

    private static final TokenRequest LITTLE = new TokenRequest(List.of("once"), "", "", "", 40, 0);

    @TempDir
    private Path folder;

    private final List<String> events = new ArrayList<>();
    private final AtomicLong foreseen = new AtomicLong();
    private final AtomicLong told = new AtomicLong();

    private AblationReport run(List<String> weights, AblationSettings settings, int generated, String copy) {
        AblationRequest request = new AblationRequest(
                Models.CRITICAL.toString(),
                "",
                "",
                weights,
                1,
                settings,
                LITTLE,
                List.of(),
                generated,
                PrecisionChoice.AUTO,
                copy,
                "",
                List.of());
        try (LazyEngine engines = new LazyEngine(EngineSettings.STANDARD)) {
            return AblationScan.run(request, engines, listener());
        }
    }

    private ScanListener listener() {
        return new ScanListener() {
            @Override
            public void readingBegins(long bytes, int readings) {
                events.add("begins, " + readings + " readings");
                foreseen.addAndGet(bytes);
            }

            @Override
            public void planned(AblationPlan plan) {
                events.add("planned");
            }

            @Override
            public void bytesRead(long bytes) {
                told.addAndGet(bytes);
            }

            @Override
            public void readingEnds() {
                events.add("ends");
            }
        };
    }

    /** But for a few rows of the embedding, which texts that go on read. */
    @Test
    void ofWeightsThatAreNamedTheTotalIsKnown() {
        AblationSettings settings = new AblationSettings(EnumSet.of(Variant.Kind.REMOVE), false, List.of(), 0, 0, 0);

        AblationReport report = run(List.of("1:57:123"), settings, 3, "");

        assertThat(events).containsExactly("begins, 4 readings", "planned", "ends");
        assertThat(told.get()).isEqualTo(report.run().bytesRead());
        assertThat(told.get()).isCloseTo(foreseen.get(), withinPercentage(0.1));
    }

    /** A detection may stop early. */
    @Test
    void allPartsHaveOneTotal() throws IOException {
        AblationSettings settings =
                new AblationSettings(Set.of(Variant.Kind.REMOVE, Variant.Kind.LARGEST), false, List.of(), 0, 9, 0);
        Path copy = folder.resolve("copy");

        AblationReport report = run(List.of(), settings, 3, copy.toString());

        long copied;
        try (Stream<Path> files = Files.list(copy)) {
            copied = files.mapToLong(file -> file.toFile().length()).sum();
        }
        assertThat(events).containsExactly("begins, 8 readings", "planned", "ends");
        assertThat(told.get()).isEqualTo(report.run().bytesRead() + copied);
        assertThat(told.get()).isBetween(foreseen.get() / 2, foreseen.get());
    }
}
