package io.github.swscan.integrity.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.swscan.fixture.TestResources;
import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.integrity.signing.VerificationKey.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BundleTest {

    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path folder;

    private static Path at(String name) {
        return TestResources.at("signatures/" + name);
    }

    private static JsonNode json(String name) throws IOException {
        return JSON.readTree(Files.readAllBytes(at(name)));
    }

    private static Bundle read(JsonNode json) {
        return Bundle.read(Path.of("model.sig"), json);
    }

    private static Statement statement() {
        return new Statement(
                "m",
                false,
                List.of(".git"),
                Optional.empty(),
                List.of(new Resource("a", Optional.empty(), "sha256", "00".repeat(32))),
                Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "p256, p256.pub.pem",
        "p384, p384.pub.pem",
        "p521, p521.pub.pem",
        "blake2, p256.pub.pem",
        "blake3, p256.pub.pem",
        "shards, p256.pub.pem",
        "old, p256.pub.pem",
        "certificate, ca.pem"
    })
    void signaturesOfAnotherProgramAreVerified(String name, String key) throws IOException {
        assertThat(VerificationKey.read(at(key)).check(read(json(name + ".sig"))))
                .isEqualTo(Outcome.VALID);
    }

    @ParameterizedTest
    @CsvSource({
        "p256, p384.pub.pem",
        "p384, p256.pub.pem",
        "certificate, other-ca.pem",
        "certificate, p256.pub.pem",
        "p256, ca.pem"
    })
    void anotherKeyIsTold(String name, String key) throws IOException {
        assertThat(VerificationKey.read(at(key)).check(read(json(name + ".sig"))))
                .isNotEqualTo(Outcome.VALID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"p256", "certificate", "old"})
    void aPayloadThatWasAlteredIsWrong(String name) throws IOException {
        ObjectNode json = (ObjectNode) json(name + ".sig");
        ObjectNode envelope = (ObjectNode) json.get("dsseEnvelope");
        byte[] payload = Base64.getDecoder().decode(envelope.get("payload").asText());
        byte[] altered = (new String(payload, StandardCharsets.UTF_8) + " ").getBytes(StandardCharsets.UTF_8);
        envelope.put("payload", Base64.getEncoder().encodeToString(altered));

        String key = name.equals("certificate") ? "ca.pem" : "p256.pub.pem";

        assertThat(VerificationKey.read(at(key)).check(read(json))).isEqualTo(Outcome.WRONG);
    }

    @Test
    void aStatementWhoseDigestIsNotThatOfItsResourcesIsRefused() throws IOException {
        ObjectNode json = (ObjectNode) json("p256.sig");
        ObjectNode envelope = (ObjectNode) json.get("dsseEnvelope");
        String payload =
                new String(Base64.getDecoder().decode(envelope.get("payload").asText()), StandardCharsets.UTF_8);
        String digest =
                JSON.readTree(payload).at("/predicate/resources/0/digest").asText();
        String other = digest.replace(digest.charAt(0), digest.charAt(0) == '0' ? '1' : '0');
        envelope.put(
                "payload",
                Base64.getEncoder()
                        .encodeToString(payload.replace(digest, other).getBytes(StandardCharsets.UTF_8)));

        assertThatThrownBy(() -> read(json))
                .isInstanceOf(MalformedInputException.class)
                .hasMessageContaining("digest of its resources");
    }

    @Test
    void partsOfFilesAreRead() throws IOException {
        assertThat(read(json("shards.sig")).statement().resources())
                .filteredOn(resource -> resource.file().equals("weights.bin"))
                .extracting(resource -> resource.range().orElseThrow())
                .containsExactly(
                        new Resource.Range(0, 1000), new Resource.Range(1000, 2000), new Resource.Range(2000, 2500));
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSignedHereIsVerifiedHere(SigningKey.Curve curve) throws IOException {
        SigningKey key = SigningKey.generate(curve);
        Path publicKey = Files.writeString(folder.resolve("key.pub.pem"), key.publicPem());
        Path privateKey = Files.writeString(folder.resolve("key.pem"), key.pem());

        Bundle read = read(JSON.readTree(Bundle.signed(statement(), SigningKey.read(privateKey), List.of())
                .json()));

        assertThat(VerificationKey.read(publicKey).check(read)).isEqualTo(Outcome.VALID);
        assertThat(VerificationKey.read(at("p256.pub.pem")).check(read)).isEqualTo(Outcome.OTHER_KEY);
        assertThat(read.statement()).isEqualTo(statement());
    }

    @ParameterizedTest
    @CsvSource({"p256.sec1.pem, p256.pub.pem", "p384.pkcs8.pem, p384.pub.pem"})
    void keysOfOtherProgramsSign(String key, String publicKey) throws IOException {
        Bundle signed = Bundle.signed(statement(), SigningKey.read(at(key)), List.of());

        assertThat(VerificationKey.read(at(publicKey)).check(read(JSON.readTree(signed.json()))))
                .isEqualTo(Outcome.VALID);
    }

    @Test
    void keysThatCannotBeUsedAreRefusedByName() {
        assertThatThrownBy(() -> SigningKey.read(at("encrypted.pem")))
                .isInstanceOf(UnsupportedInputException.class)
                .hasMessageContaining("with a password");
        assertThatThrownBy(() -> SigningKey.read(at("p256.pub.pem"))).hasMessageContaining("no private key");
        assertThatThrownBy(() -> VerificationKey.read(at("k1.pub.pem"))).hasMessageContaining("P-256");
        assertThatThrownBy(() -> VerificationKey.read(at("p256.sec1.pem"))).hasMessageContaining("no public key");
        assertThatThrownBy(() -> VerificationKey.read(at("README.md"))).isInstanceOf(InputException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"dsseEnvelope\": 1}",
                "{\"dsseEnvelope\": {}}",
                "{\"dsseEnvelope\": {\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"!\"}}",
                "{\"dsseEnvelope\": {\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"e30=\","
                        + " \"signatures\": [{\"sig\": \"AAAA\"}]}}"
            })
    void whatIsNoBundleIsRefused(String json) {
        assertThatThrownBy(() -> read(JSON.readTree(json))).isInstanceOf(InputException.class);
    }
}
