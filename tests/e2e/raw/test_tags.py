"""Tags of services (api-spec 2.8, wire-contract 2.10) and lists filtered by them."""

import harness

ARN = f"acs:fc:{harness.REGION}:{harness.ACCOUNT}:services/"


class Tags(harness.ServerTest):
    def tag(self, service, tags):
        return self.client.post("/tag", {"resourceArn": f"services/{service}", "tags": tags})

    def untag(self, service, **members):
        return self.client.call("DELETE", "/tag", {"resourceArn": f"services/{service}", **members})

    def read(self, arn):
        return self.client.get("/tag", query={"resourceArn": arn})

    def tags(self, service):
        return self.expect(self.read(f"services/{service}"), 200).json["tags"]

    def names(self, **query):
        page = self.expect(self.client.get("/services", query=query), 200).json
        return [service["serviceName"] for service in page["services"]], page.get("nextToken")

    def test_a_life_of_tags(self):
        self.make_service("life")

        answer = self.expect(self.client.post("/tag", {"resourceArn": ARN + "life",
                                                       "tags": {"team": "media", "stage": "prod", "none": ""}}), 200)
        self.assertEqual(answer.json, {"requestId": answer.header("X-Fc-Request-Id")})
        self.expect(self.tag("life", {"stage": "test"}), 200)
        read = self.expect(self.read(ARN + "life"), 200)
        self.assertEqual(read.json, {"resourceArn": ARN + "life", "requestId": read.header("X-Fc-Request-Id"),
                                     "tags": {"team": "media", "stage": "test", "none": ""}})
        answer = self.expect(self.untag("life", tagKeys=["stage", "unknown"], all=False), 200)
        self.assertEqual(answer.json, {"requestId": answer.header("X-Fc-Request-Id")})
        self.assertEqual(self.tags("life"), {"team": "media", "none": ""})
        self.expect(self.untag("life", tagKeys=[], all=True), 200)
        self.assertEqual(self.tags("life"), {})

    def test_arns(self):
        self.make_service("arns")
        for arn in ("services/arns", ARN + "arns", "acs:fc:::services/arns"):
            with self.subTest(arn):
                self.assertEqual(self.expect(self.read(arn), 200).json["resourceArn"], ARN + "arns")
        for arn in ("arns", "services/arns/functions/f", ARN + "arns/functions/f", ARN + "arns.1", "acs:oss:x:1:b",
                    f"acs:fc:nowhere:{harness.ACCOUNT}:services/arns", "x" * 600):
            with self.subTest(arn):
                self.expect(self.read(arn), 400, "InvalidArgument")
        self.expect(self.read(f"acs:fc:{harness.REGION}:999:services/arns"), 403, "AccessDenied")
        self.expect(self.client.get("/tag"), 400, "InvalidArgument", "resourceArn is required")

    def test_missing_services(self):
        for answer in (self.tag("nowhere", {"a": "b"}), self.untag("nowhere", all=True), self.read("services/nowhere")):
            self.expect(answer, 404, "ServiceNotFound", "service 'nowhere' does not exist")

    def test_bad_bodies(self):
        self.make_service("bad")
        for tags in ({}, None, [], {"": "v"}, {"k" * 129: ""}, {"k": "v" * 257}, {"k": 1}, {"a\nb": ""},
                     {f"k{number}": "" for number in range(21)}):
            with self.subTest(tags):
                self.expect(self.tag("bad", tags), 400, "InvalidArgument")
        for members in ({}, {"tagKeys": []}, {"tagKeys": None, "all": None}, {"tagKeys": ["k"], "all": "perhaps"},
                        {"tagKeys": "k" * 200}):
            with self.subTest(members):
                self.expect(self.untag("bad", **members), 400, "InvalidArgument")
        self.expect(self.client.call("DELETE", "/tag"), 400, "InvalidArgument", "resourceArn is required")
        self.expect(self.client.call("DELETE", "/tag", b"{"), 400, "InvalidArgument")
        self.expect(self.client.post("/tag", b"null"), 400, "InvalidArgument")
        self.assertEqual(self.tags("bad"), {})

    def test_names_in_any_case_and_unknown_members(self):
        self.make_service("cased")
        self.expect(self.client.post("/tag", {"ResourceArn": "services/cased", "Tags": {"k": "v"}, "extra": 1}), 200)
        self.assertEqual(self.tags("cased"), {"k": "v"})
        self.expect(self.client.call("DELETE", "/tag", {"ResourceARN": "services/cased", "TagKeys": ["k"]}), 200)
        self.assertEqual(self.tags("cased"), {})

    def test_no_more_than_twenty(self):
        self.make_service("twenty")
        self.expect(self.tag("twenty", {f"k{number}": "v" for number in range(20)}), 200)
        self.expect(self.tag("twenty", {"k0": "again"}), 200)
        self.expect(self.tag("twenty", {"more": ""}), 400, "LimitExceededError",
                    "the number of tags exceeds the limit (20)")

    def test_tags_end_with_their_service(self):
        self.make_service("ended")
        self.expect(self.tag("ended", {"k": "ended"}), 200)
        self.expect(self.client.delete("/services/ended"), 200)
        self.expect(self.read("services/ended"), 404, "ServiceNotFound")
        self.assertEqual(self.names(tag_k="ended")[0], [])
        self.make_service("ended")
        self.assertEqual(self.tags("ended"), {})

    def test_filters_and_pages(self):
        for number in range(7):
            self.make_service(f"page{number}")
            self.expect(self.tag(f"page{number}", {"parity": "odd" if number % 2 else "even", "in pages": "1"}), 200)
        everything = [f"page{number}" for number in range(7)]

        self.assertEqual(self.names(**{"tag_in pages": ""})[0], everything)
        self.assertEqual(self.names(**{"tag_in pages": "1", "tag_parity": "odd"})[0], everything[1::2])
        self.assertEqual(self.names(tag_parity="neither")[0], [])
        for limit in (1, 2, 3, 4, 100):
            seen, token = [], None
            while True:
                page, token = self.names(tag_parity="even", limit=limit, **({"nextToken": token} if token else {}))
                self.assertLessEqual(len(page), limit)
                seen += page
                if not token:
                    break
            self.assertEqual(seen, everything[0::2], limit)
        self.expect(self.client.get("/services", query={"tag_parity": "even", "limit": 101}), 400, "InvalidArgument")
        listed = self.client.get("/services", query={"prefix": "page1"}).json["services"][0]
        self.assertEqual(listed["tags"], {"parity": "odd", "in pages": "1"})

    def test_tagging_against_deleting(self):
        """Whoever wins, a service that is gone has no tags left for its successor."""
        for turn in range(20):
            name = f"race{turn}"
            self.make_service(name)
            clients = [self.server.client(), self.server.client()]
            tagged, deleted = harness.in_parallel([
                lambda client=clients[0], name=name: client.post("/tag", {"resourceArn": f"services/{name}",
                                                                          "tags": {"race": "1"}}),
                lambda client=clients[1], name=name: client.delete(f"/services/{name}")])
            self.assertIn(tagged.status, (200, 404))
            self.expect(deleted, 200)
            self.make_service(name)
            self.assertEqual(self.tags(name), {})
        self.assertEqual(self.names(tag_race="")[0], [])

    def test_parallel_writers_lose_nothing(self):
        self.make_service("shared")
        clients = [self.server.client() for _ in range(8)]
        answers = harness.in_parallel([
            lambda client=client, number=number: client.post("/tag", {"resourceArn": "services/shared",
                                                                      "tags": {f"w{number}": ""}})
            for number, client in enumerate(clients)])
        self.assertEqual([answer.status for answer in answers], [200] * 8)
        self.assertEqual(sorted(self.tags("shared")), [f"w{number}" for number in range(8)])
