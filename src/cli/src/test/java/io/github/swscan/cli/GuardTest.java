package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.swscan.fixture.DamagedWeights;
import io.github.swscan.fixture.TestResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** From a fingerprint to a restored model, as a user types it. */
class GuardTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Path SAMPLE = Path.of("models-sample", "super-weight-1.5m");
    private static final String DOWN = "model.layers.1.mlp.down_proj.weight";

    @TempDir
    private static Path folder;

    private static Path manifest;
    private static Path signature;
    private static Path key;

    @TempDir
    private Path place;

    @BeforeAll
    static void fingerprint() {
        manifest = folder.resolve("manifest.json");
        signature = folder.resolve("model.sig");
        key = folder.resolve("key.pem");
        assertThat(CommandRun.of("keygen", "-o", key.toString()).code()).isZero();
        CommandRun run = CommandRun.of("fingerprint", SAMPLE.toString(), "-o", manifest.toString());
        assertThat(run.code()).isZero();
        assertThat(run.outUnbroken()).contains("1:57:123").contains("3fe3").contains("critical");
        assertThat(CommandRun.of(
                                "fingerprint",
                                SAMPLE.toString(),
                                "-o",
                                signature.toString(),
                                "--sign",
                                key.toString(),
                                "--no-detect",
                                "--quiet")
                        .code())
                .isZero();
    }

    private Path damaged(float value) throws IOException {
        Path copy = DamagedWeights.copy(SAMPLE, place.resolve("copy"));
        Files.copy(SAMPLE.resolve("tokenizer_config.json"), copy.resolve("tokenizer_config.json"));
        DamagedWeights.put(copy, DOWN, 57 * 384 + 123, value);
        return copy;
    }

    private static CommandRun verify(Path model, String... more) {
        return CommandRun.of(Stream.concat(
                        Stream.of("verify", model.toString(), "--manifest", manifest.toString()), Arrays.stream(more))
                .toArray(String[]::new));
    }

    @Test
    void theManifestIsOfItsSchema() throws IOException {
        JsonNode written = JSON.readTree(manifest.toFile());

        assertThat(SchemaDocument.read(Path.of("docs/manifest.schema.json")).validate(written))
                .isEmpty();
        assertThat(written.at("/superWeights/0/bits").asText()).isEqualTo("3fe3");
        assertThat(written.at("/superWeights/0/stored/0/mask").asText()).isEqualTo("ffff");
    }

    @Test
    void theManifestRidesInTheSignature() throws IOException {
        JsonNode bundle = JSON.readTree(signature.toFile());
        JsonNode payload = JSON.readTree(
                Base64.getDecoder().decode(bundle.at("/dsseEnvelope/payload").asText()));

        assertThat(SchemaDocument.read(Path.of("docs/manifest.schema.json")).validate(payload.at("/predicate/swscan")))
                .isEmpty();
        assertThat(payload.at("/predicate/resources")).hasSize(4);
    }

    @Test
    void aModelThatIsWhatItWasEndsWith0() {
        assertThat(verify(SAMPLE).code()).isZero();
        assertThat(verify(SAMPLE, "--full").out())
                .isEqualTo("The model is what its manifest says, byte for byte.%n".formatted());
        CommandRun signed = CommandRun.of(
                "verify",
                SAMPLE.toString(),
                "--manifest",
                signature.toString(),
                "--key",
                folder.resolve("key.pub.pem").toString());
        assertThat(signed.code()).isZero();
        assertThat(signed.outUnbroken()).contains("of this key");
    }

    @Test
    void aSuperWeightThatChangedEndsWith1AndIsTold() throws IOException {
        Path report = place.resolve("verification.json");

        CommandRun run = verify(damaged(0), "-o", "json=" + report);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.outUnbroken())
                .contains("1 super weight changed")
                .contains("removing it multiplies the perplexity by 186");
        assertThat(SchemaDocument.read(Path.of("docs/verification.schema.json"))
                        .validate(JSON.readTree(report.toFile())))
                .isEmpty();
    }

    @Test
    void aSuperWeightComesBack() throws IOException {
        Path copy = damaged(-3);

        CommandRun run = CommandRun.of("restore", copy.toString(), "--manifest", manifest.toString(), "--in-place");

        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("Restored one super weight.");
        assertThat(copy.resolve("model.safetensors")).hasSameBinaryContentAs(SAMPLE.resolve("model.safetensors"));
    }

    @Test
    void aKeyThatIsNotTheSignersEndsWith1() {
        CommandRun other = CommandRun.of(
                "verify",
                SAMPLE.toString(),
                "--manifest",
                signature.toString(),
                "--key",
                TestResources.at("signatures/p256.pub.pem").toString());
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.outUnbroken()).contains("by another key");

        assertThat(verify(SAMPLE, "--key", folder.resolve("key.pub.pem").toString())
                        .code())
                .isEqualTo(1);
    }

    @Test
    void signaturesOfAnotherProgramAreTaken() {
        Path resources = TestResources.at("signatures");

        for (String name : new String[] {"p256", "blake2", "blake3", "shards", "old"}) {
            CommandRun run = CommandRun.of(
                    "verify",
                    resources.resolve("model").toString(),
                    "--manifest",
                    resources.resolve(name + ".sig").toString(),
                    "--key",
                    resources.resolve("p256.pub.pem").toString());
            assertThat(run.code()).as(name).isZero();
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void theKeyIsForItsOwnerAloneAndIsNotReplaced() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        assertThat(CommandRun.of("keygen", "-o", key.toString()).code()).isEqualTo(4);
    }

    @Test
    void wrongUsageIsTold() {
        assertThat(CommandRun.of("restore", SAMPLE.toString(), "--manifest", manifest.toString())
                        .code())
                .isEqualTo(2);
        assertThat(CommandRun.of("fingerprint", SAMPLE.toString()).code()).isEqualTo(2);
        assertThat(CommandRun.of("verify", SAMPLE.toString(), "--manifest", "README.md")
                        .code())
                .isEqualTo(3);
        assertThat(verify(SAMPLE, "-o", "html").code()).isEqualTo(2);
    }
}
