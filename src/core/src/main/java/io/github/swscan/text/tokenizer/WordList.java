package io.github.swscan.text.tokenizer;

import io.github.swscan.input.MalformedInputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A vocabulary in the file of BERT, {@code vocab.txt}: a token in each line, whose number, from 0 on, is the id. */
final class WordList {

    private WordList() {}

    /** The ids; of a token that is there twice the last. */
    static Map<String, Integer> read(Path file, byte[] content) {
        Map<String, Integer> ids = new LinkedHashMap<>();
        int id = 0;
        // Only line feeds end a line: tokens may be other characters that Java takes for the end of one.
        for (String line : FileContent.text(file, content).split("\n", -1)) {
            String token = line.stripTrailing();
            if (!token.isEmpty()) {
                ids.put(token, id);
            }
            id++;
        }
        if (ids.isEmpty()) {
            throw new MalformedInputException(file, "", "holds no token", "download the file again");
        }
        return ids;
    }
}
