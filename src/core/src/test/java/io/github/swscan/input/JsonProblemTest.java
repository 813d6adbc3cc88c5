package io.github.swscan.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JsonProblemTest {

    static Stream<String> broken() {
        return Stream.of(
                "{\"a\": NaN}",
                "{\"a\": +1}",
                "{'a': 1}",
                "{\"a\": \"\t\"}",
                "[".repeat(2000),
                "{\"a\": " + "1".repeat(2000) + "}",
                "{\"a\": tru}",
                "{\"a\" 1}",
                "[[1, 2, 3",
                "{\"a\": [1}",
                "[1, 2}",
                "{\"a\": \"b");
    }

    @ParameterizedTest
    @MethodSource("broken")
    void hasNoAdviceToProgrammers(String text) {
        JsonProcessingException failure = catchThrowableOfType(
                JsonProcessingException.class, () -> new JsonMapper().readTree(text.getBytes(StandardCharsets.UTF_8)));

        assertThat(JsonProblem.of(failure))
                .isNotBlank()
                .doesNotContain("`", "Feature", "enable", "Constraints", "Source");
    }
}
