terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "image_id" { type = string }
variable "certificate" { type = string }
variable "private_key" { type = string }

locals {
  services = toset(["portal", "web"])
  slots    = { for pair in setproduct(local.services, ["01", "02"]) : "${pair[0]}-${pair[1]}" => pair[0] }
}

resource "aws_vpc" "shop" {
  cidr_block = "172.22.0.0/16"
}

resource "aws_internet_gateway" "shop" {
  vpc_id = aws_vpc.shop.id
}

resource "aws_subnet" "shop" {
  count             = 2
  vpc_id            = aws_vpc.shop.id
  cidr_block        = "172.22.${count.index}.0/24"
  availability_zone = ["us-east-1a", "us-east-1b"][count.index]
}

resource "aws_security_group" "front" {
  name   = "front"
  vpc_id = aws_vpc.shop.id

  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "servers" {
  name   = "servers"
  vpc_id = aws_vpc.shop.id

  ingress {
    protocol        = "tcp"
    from_port       = 8080
    to_port         = 8080
    security_groups = [aws_security_group.front.id]
  }
}

resource "aws_acm_certificate" "shop" {
  certificate_body = var.certificate
  private_key      = var.private_key
}

resource "aws_lb" "shop" {
  name            = "shop"
  subnets         = aws_subnet.shop[*].id
  security_groups = [aws_security_group.front.id]
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.shop.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate.shop.arn

  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

resource "aws_lb_target_group" "shop" {
  for_each             = local.slots
  name                 = "hankooktire-us-prd-${each.key}-tg"
  port                 = 8080
  protocol             = "HTTP"
  vpc_id               = aws_vpc.shop.id
  deregistration_delay = 10

  health_check {
    path                = "/healthz"
    interval            = 5
    timeout             = 2
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_launch_template" "shop" {
  name                   = "shop"
  image_id               = var.image_id
  instance_type          = "m7i.large"
  vpc_security_group_ids = [aws_security_group.servers.id]
}

resource "aws_autoscaling_group" "shop" {
  for_each            = local.slots
  name                = "shop-${each.key}"
  min_size            = 2
  max_size            = 4
  vpc_zone_identifier = aws_subnet.shop[*].id
  health_check_type   = "ELB"

  launch_template {
    id      = aws_launch_template.shop.id
    version = aws_launch_template.shop.latest_version
  }
}

resource "aws_autoscaling_attachment" "shop" {
  for_each               = local.slots
  autoscaling_group_name = aws_autoscaling_group.shop[each.key].name
  lb_target_group_arn    = aws_lb_target_group.shop[each.key].arn
}
