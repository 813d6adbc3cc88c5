package io.github.swscan.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubCacheTest {

    @ParameterizedTest
    @CsvSource({
        "HF_HUB_CACHE=/a HF_HOME=/b XDG_CACHE_HOME=/c, /a",
        "HF_HOME=/b XDG_CACHE_HOME=/c, /b/hub",
        "HF_HUB_CACHE= XDG_CACHE_HOME=/c, /c/huggingface/hub",
        "OTHER=/d, /home/me/.cache/huggingface/hub"
    })
    void isWhereTheHuggingFaceLibrariesHaveIt(String environment, Path folder) {
        Map<String, String> variables = Arrays.stream(environment.split(" "))
                .map(variable -> variable.split("=", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));

        assertThat(HubCache.of(variables, Path.of("/home/me")).folder()).isEqualTo(folder);
    }

    @ParameterizedTest
    @CsvSource({
        "org/name-1.5B_x, true",
        "/org/name, false",
        "org, false",
        "a/org/name, false",
        "../name, false",
        "org/.., false",
        "org/a b, false"
    })
    void hasModelsOfTwoPlainNames(Path name, boolean is) {
        assertThat(HubCache.isName(name)).isEqualTo(is);
    }

    @Test
    void findsAModel(@TempDir Path folder) throws IOException {
        Path model = Files.createDirectory(folder.resolve("models--org--name"));

        assertThat(new HubCache(folder).model(Path.of("org/name"))).contains(new LocalFolder(model));
        assertThat(new HubCache(folder).model(Path.of("org/other"))).isEmpty();
    }
}
