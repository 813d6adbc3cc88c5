package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.detect.DetectionRules;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.fixture.Models;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.InputException;
import io.github.swscan.policy.Policy;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.text.TokenRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that predict masked tokens, from request to report. */
class EncoderScanTest {

    private static final JsonMapper MAPPER = new JsonMapper();

    @TempDir
    private Path folder;

    private static Path encoder(String name) {
        return TestResources.at("encoders/" + name);
    }

    private static JsonNode expected(String name) throws IOException {
        return MAPPER.readTree(encoder(name).resolve("expected.json").toFile());
    }

    /** The token ids of a fixture, with labels or without. */
    private TokenRequest ids(String name, boolean labelled) throws IOException {
        ObjectNode content = MAPPER.createObjectNode();
        content.set("input_ids", expected(name).get("input_ids"));
        if (labelled) {
            content.set("labels", expected(name).get("labels"));
        }
        Path file = Files.writeString(folder.resolve("ids.json"), content.toString());
        return new TokenRequest(List.of(), "", "", file.toString(), 0, 0);
    }

    private TokenRequest text() throws IOException {
        Path file = Files.writeString(folder.resolve("text.txt"), "w9 w10 w11 w12 w13 w14 ".repeat(30));
        return new TokenRequest(List.of("w20 w21"), "", file.toString(), "", 0, 0);
    }

    private static DetectionReport detected(Path model, TokenRequest tokens, long seed) {
        return detected(model, tokens, seed, new ScanListener() {});
    }

    private static DetectionReport detected(Path model, TokenRequest tokens, long seed, ScanListener listener) {
        DetectionRequest request = new DetectionRequest(
                model.toString(),
                "",
                tokens,
                false,
                DetectionRules.standard(seed),
                Policy.NONE,
                BaselineRequest.NONE,
                false,
                PrecisionChoice.FP32,
                "",
                false,
                List.of());
        try (LazyEngine engines = new LazyEngine(EngineSettings.STANDARD)) {
            return DetectionScan.run(request, engines, listener);
        }
    }

    /** A copy with a vocabulary: special tokens, then w5 to w96. */
    private Path withVocabulary(String name) throws IOException {
        Path model = Models.copy(encoder(name), folder.resolve("model"));
        List<String> words = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
        IntStream.range(5, 97).mapToObj(id -> "w" + id).forEach(words::add);
        Files.writeString(model.resolve("vocab.txt"), String.join("\n", words) + "\n");
        return model;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "roberta", "albert", "deberta-v2", "modernbert"})
    void labelledTokensArePredicted(String name) throws IOException {
        DetectionReport report = detected(encoder(name), ids(name, true), 0);

        DetectionReport.Baseline baseline = report.baseline().orElseThrow();
        assertThat(baseline.meanNll())
                .isCloseTo(expected(name).get("mean_cross_entropy").doubleValue(), within(1e-5));
        assertThat(baseline.tokens()).isEqualTo(8);
        assertThat(report.run().tokens()).isEqualTo(40);
        JsonNode projections = expected(name).get("down_projections");
        assertThat(report.layers()).hasSameSizeAs(projections);
        for (int i = 0; i < projections.size(); i++) {
            double input = projections.get(i).at("/input/value").doubleValue();
            assertThat((double) report.layers().get(i).input().value())
                    .isCloseTo(input, within(2e-4 * Math.abs(input)));
        }
    }

    /** Labels of a model that predicts what comes next are predicted from the token before. */
    @Test
    void labelsOfADecoderArePredictedFromTheTokenBefore() throws IOException {
        Path model = Models.reference("llama");
        String ids = "[[3, 17, 5, 29], [4, 8, 15, 16]]";
        Path plain = Files.writeString(folder.resolve("plain.json"), ids);
        Path all =
                Files.writeString(folder.resolve("all.json"), "{\"input_ids\": " + ids + ", \"labels\": " + ids + "}");
        Path some = Files.writeString(
                folder.resolve("some.json"),
                "{\"input_ids\": " + ids + ", \"labels\": [[-100, -100, 5, -100], [-100, -100, -100, -100]]}");

        DetectionReport unlabelled = detected(model, given(plain), 0);

        assertThat(detected(model, given(all), 0).baseline()).isEqualTo(unlabelled.baseline());
        assertThat(detected(model, given(some), 0).baseline().orElseThrow().tokens())
                .isOne();
    }

    private static TokenRequest given(Path file) {
        return new TokenRequest(List.of(), "", "", file.toString(), 0, 0);
    }

    @Test
    void tokensOfATextAreMaskedByTheSeed() throws IOException {
        Path model = withVocabulary("bert");

        DetectionReport report = detected(model, text(), 1);

        // Windows of [CLS], 38 words and [SEP]: six of 15 % each, and of the last 28 words.
        assertThat(report.run().tokenSource()).isEqualTo("prompts");
        assertThat(report.settings().verdictMeasure()).isEqualTo("perplexity ratio");
        assertThat(report.baseline().orElseThrow().tokens()).isEqualTo(4 * 6 + 4);
        assertThat(report.run().tokens()).isEqualTo(4 + 180 + 5 * 2);
        assertThat(report.notes()).anyMatch(note -> note.contains("15 % of the ordinary tokens, chosen by --seed"));
        assertThat(detected(model, text(), 1).baseline()).isEqualTo(report.baseline());
        assertThat(detected(model, text(), 2).settings().textDigest())
                .isNotEqualTo(report.settings().textDigest());
    }

    @Test
    void givenIdsAreMaskedWhereThereIsAMaskToken() throws IOException {
        DetectionReport report = detected(withVocabulary("bert"), ids("bert", false), 0);

        // Of 20 tokens each, 16 and 14 are ordinary ones in this vocabulary.
        assertThat(report.baseline().orElseThrow().tokens()).isEqualTo(2 + 2);
        assertThat(report.run().prompts()).isEqualTo(2);
        assertThat(report.run().tokens()).isEqualTo(80);
    }

    @Test
    void givenIdsAreRefusedWhereNoMaskTokenIsKnown() throws IOException {
        TokenRequest ids = ids("bert", false);

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> detected(encoder("bert"), ids, 0))
                .withMessageContaining("mask_token_id")
                .withMessageContaining("labels");
    }

    @Test
    void randomIdsStayWhereNoMaskTokenIsKnown() {
        DetectionReport report = detected(encoder("bert"), TokenRequest.STANDARD, 0);

        assertThat(report.baseline()).isPresent();
        assertThat(report.notes()).anyMatch(note -> note.contains("no mask token is known"));
    }

    /** One weight, many places: it is found once, its peaks stand for every use, and it takes a reading more. */
    @ParameterizedTest
    @CsvSource({"albert, 4", "albert-groups, 10"})
    void weightsOfSeveralLayersAreFoundOnce(String name, int uses) throws IOException {
        AtomicLong foreseen = new AtomicLong();
        AtomicLong told = new AtomicLong();

        DetectionReport report = detected(encoder(name), ids(name, true), 0, new ScanListener() {
            @Override
            public void readingBegins(long bytes, int readings) {
                foreseen.set(bytes);
            }

            @Override
            public void bytesRead(long bytes) {
                told.addAndGet(bytes);
            }
        });

        JsonNode projections = expected(name).get("down_projections");
        assertThat(report.layers()).hasSize(uses);
        for (int layer = 0; layer < uses; layer++) {
            assertThat(report.layers().get(layer).layer()).isEqualTo(layer);
            assertThat(report.layers().get(layer).call())
                    .contains(projections.get(layer).get("call").intValue());
        }
        List<String> tested = new ArrayList<>();
        report.superWeights().forEach(weight -> tested.add(weight.name()));
        report.otherSpikes().stream()
                .filter(spike -> spike.effect().isPresent())
                .forEach(spike -> tested.add(spike.name()));
        assertThat(tested).isNotEmpty().doesNotHaveDuplicates();
        assertThat(report.run().readings()).isBetween(2, 3);
        assertThat((double) told.get() / foreseen.get()).isBetween(0.6, 1.03);
    }

    @Test
    void tensorsOfOneLayerHaveNoNumberOfTheirUse() throws IOException {
        assertThat(detected(encoder("bert"), ids("bert", true), 0).layers())
                .allMatch(layer -> layer.call().equals(Optional.empty()));
    }

    private static AblationRequest ablation(String model, TokenRequest tokens, List<String> tasks, int generated) {
        return new AblationRequest(
                model,
                "",
                "",
                List.of("0:31:47"),
                0,
                AblationSettings.STANDARD,
                tokens,
                tasks,
                generated,
                PrecisionChoice.FP32,
                "",
                "",
                List.of());
    }

    private static AblationReport ablated(AblationRequest request) {
        try (LazyEngine engines = new LazyEngine(EngineSettings.STANDARD)) {
            return AblationScan.run(request, engines, new ScanListener() {});
        }
    }

    /** What removing this weight does was computed by transformers. */
    @Test
    void ablationMeasuresAtTheLabels() throws IOException {
        AblationReport report = ablated(ablation(
                encoder("bert").toString(), ids("bert", true), List.of(), AblationRequest.GENERATED_BY_DEFAULT));

        assertThat(report.run().tokens()).isEqualTo(8);
        assertThat(report.generation()).isEmpty();
        assertThat(report.variants().get(0).name()).isEqualTo("remove-1");
        assertThat(report.variants().get(0).effect().meanNll()).isCloseTo(7.015963, within(1e-5));
    }

    @ParameterizedTest
    @CsvSource({"5, '', --generate", "-1, lambada, --task"})
    void nothingGoesOnFromATextOfAnEncoder(int generated, String task, String option) throws IOException {
        AblationRequest request = ablation(
                encoder("bert").toString(), ids("bert", true), task.isEmpty() ? List.of() : List.of(task), generated);

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ablated(request))
                .withMessageContaining("predicts masked tokens")
                .withMessageContaining(option);
    }
}
