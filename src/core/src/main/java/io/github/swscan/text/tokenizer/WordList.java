package io.github.swscan.text.tokenizer;

import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.PrintableText;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A vocabulary in the file of BERT, {@code vocab.txt}: a token in each line, whose number, from 0 on, is the id. */
final class WordList {

    private WordList() {}

    /** @throws MalformedInputException if it holds no token, or one twice */
    static Map<String, Integer> read(Path file, byte[] content) {
        Map<String, Integer> ids = new LinkedHashMap<>();
        int id = 0;
        // Only line feeds end a line: tokens may be other characters that Java takes for the end of one.
        for (String line : FileContent.text(file, content).split("\n", -1)) {
            String token = line.stripTrailing();
            Integer other = token.isEmpty() ? null : ids.putIfAbsent(token, id);
            if (other != null) {
                throw new MalformedInputException(
                        file,
                        "line " + (id + 1),
                        "has " + PrintableText.quoted(token) + " again, after line " + (other + 1),
                        "download the file again");
            }
            id++;
        }
        if (ids.isEmpty()) {
            throw new MalformedInputException(file, "", "holds no token", "download the file again");
        }
        return ids;
    }
}
